import { isSamePublicKey } from "../../crypto/device-key.ts";
import { wrapDek } from "../../crypto/envelope.ts";
import { within } from "../../stash/connect.ts";
import { storeEnvelope } from "../../stash/envelopes.ts";
import { deleteKey, listKeys, registerTemporaryKey } from "../../stash/keys.ts";
import { BrokerError } from "../broker-error.ts";
import { pinName } from "../policy/config.ts";
import type { BrokerStore, KeyUse } from "../store/store.ts";
import type { Account } from "./account.ts";
import type { EnvironmentPlace, OpenedEnvironment } from "./environments.ts";

export interface JobKey extends KeyUse {
  publicKeyPem: string;
  ttlMinutes: number;
  /** made from claims, never from what the job says of itself */
  label: string;
  origin: Readonly<Record<string, string>>;
}

const SECONDS = 8;

export interface Registrations {
  /**
   * Registers a job's key as a temporary one, and gives it access, as a pull without a broker does. A key that the account has already is nobody's
   * to get a grant for, but for the one that this very grant registered a moment ago. Whoever asks at once gets the same answer.
   *
   * @returns the key's id
   * @throws {BrokerError} `policy_refused`; any StashError of `registerTemporaryKey`
   */
  register(
    account: Account,
    key: JobKey,
    environments: readonly { place: EnvironmentPlace; opened: OpenedEnvironment }[],
  ): Promise<number>;
}

export function createRegistrations(
  store: Pick<BrokerStore, "findRegistration" | "noteRegistration">,
): Registrations {
  const pending = new Map<string, Promise<number>>();
  return {
    register: (account, key, environments) => {
      const name = JSON.stringify([key.issuer, key.fingerprint, key.ids]);
      const known = pending.get(name);
      if (known !== undefined) return known;
      const work = register(account, key, environments, store).finally(() => pending.delete(name));
      pending.set(name, work);
      return work;
    },
  };
}

async function register(
  { service }: Account,
  key: JobKey,
  environments: readonly { place: EnvironmentPlace; opened: OpenedEnvironment }[],
  store: Pick<BrokerStore, "findRegistration" | "noteRegistration">,
): Promise<number> {
  const { publicKeyPem, fingerprint, ttlMinutes, label, origin } = key;
  const connection = within(service, SECONDS);
  const own = await store.findRegistration(key);
  const known = (await listKeys(connection)).find(
    (one) => one.fingerprint === fingerprint || isSamePublicKey(one.publicKeyPem, publicKeyPem),
  );
  if (known !== undefined && known.id !== own) {
    throw new BrokerError(
      "policy_refused",
      "The public key in the request belongs to somebody: the account knows it already. A job makes a new key each time.",
    );
  }
  const id = known?.id ?? (await registerNew());
  for (const { place, opened } of environments) {
    await storeEnvelope(connection, pinName(place), id, wrapDek(opened.dek, publicKeyPem));
  }
  return id;

  async function registerNew(): Promise<number> {
    const metadata = { label, publicKeyPem, fingerprint, ttlMinutes, origin };
    const machine = { hostname: "key broker", platform: process.platform };
    const registered = await registerTemporaryKey(connection, { ...metadata, ...machine });
    await store.noteRegistration(key, registered.id);
    return registered.id;
  }
}

/** Deletes a key that was registered for a grant. A service that deletes no keys lets it expire. */
export async function deleteJobKey({ service }: Account, id: number): Promise<void> {
  await deleteKey(within(service, SECONDS), id);
}
