import type { JobInfo } from "../ci/host.ts";
import type { DeviceKey } from "../crypto/device-key.ts";
import { registerTemporaryKey, type TemporaryDevice } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";

/** A device key that the service knows. */
export type RegisteredDeviceKey = DeviceKey & TemporaryDevice;

/** Registers a device key as a temporary one, with what the service's audit log should say about the job. Throws as `registerTemporaryKey` does. */
export async function registerKey(
  service: Service,
  key: DeviceKey,
  { hostname, platform, origin }: Pick<JobInfo, "hostname" | "platform" | "origin">,
  { label, ttlMinutes }: { label: string; ttlMinutes: number },
): Promise<RegisteredDeviceKey> {
  const { publicKeyPem, fingerprint } = key;
  const registration = { label, publicKeyPem, fingerprint, ttlMinutes, hostname, platform, origin };
  return { ...key, ...(await registerTemporaryKey(service, registration)) };
}
