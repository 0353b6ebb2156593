import { generateDeviceKey } from "../crypto/device-key.ts";

/** One of the processes that race for the session's key: the private half goes to the process that started it, through a pipe. */
export async function contend(): Promise<void> {
  process.stdout.write((await generateDeviceKey()).privateKeyPem);
}
