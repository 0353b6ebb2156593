import { wrapDek } from "../../crypto/envelope.ts";
import { within } from "../../stash/connect.ts";
import { storeEnvelope } from "../../stash/envelopes.ts";
import { deleteKey, listKeys, registerTemporaryKey } from "../../stash/keys.ts";
import { BrokerError } from "../broker-error.ts";
import { pinName } from "../policy/config.ts";
import type { Account } from "./account.ts";
import type { EnvironmentPlace, OpenedEnvironment } from "./environments.ts";

export interface JobKey {
  publicKeyPem: string;
  fingerprint: string;
  ttlMinutes: number;
  /** made from claims, never from what the job says of itself */
  label: string;
  origin: Readonly<Record<string, string>>;
}

const SECONDS = 8;

/**
 * Registers a job's key as a temporary one, and gives it access, as a pull without a broker does. A key that the account has already is nobody's
 * to get a grant for, except for a retry of the same grant.
 *
 * @param isRetry whether this very key got this grant a moment ago, so that it may be registered already
 * @returns the key's id
 * @throws {BrokerError} `policy_refused`; any StashError of `registerTemporaryKey`
 */
export async function registerJobKey(
  { service }: Account,
  { publicKeyPem, fingerprint, ttlMinutes, label, origin }: JobKey,
  environments: readonly { place: EnvironmentPlace; opened: OpenedEnvironment }[],
  isRetry: boolean,
): Promise<number> {
  const connection = within(service, SECONDS);
  const known = (await listKeys(connection)).find((key) => key.fingerprint === fingerprint);
  const isOwn = isRetry && known?.expiresAt !== undefined;
  if (known !== undefined && !isOwn) {
    throw new BrokerError(
      "policy_refused",
      "The public key in the request belongs to somebody: the account knows it already. A job makes a new key each time.",
    );
  }
  const id =
    known?.id ??
    (
      await registerTemporaryKey(connection, {
        ...{ label, publicKeyPem, fingerprint, ttlMinutes, origin },
        ...{ hostname: "key broker", platform: process.platform },
      })
    ).id;
  for (const { place, opened } of environments) {
    await storeEnvelope(connection, pinName(place), id, wrapDek(opened.dek, publicKeyPem));
  }
  return id;
}

/** Deletes a key that `registerJobKey` registered. A service that deletes no keys lets it expire. */
export async function deleteJobKey({ service }: Account, id: number): Promise<void> {
  await deleteKey(within(service, SECONDS), id);
}
