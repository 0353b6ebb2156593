import { printable } from "../../lib/printable.ts";
import { BrokerError } from "../broker-error.ts";
import type { BrokerConfig } from "../policy/config.ts";
import type { BrokerStore } from "../store/store.ts";

/**
 * Refuses a DEK that is not the pinned one. The service knows every public key, so it can wrap a DEK of its own for the broker's key, and serve
 * values that it encrypted with it.
 *
 * @param name `application/environment`
 * @throws {BrokerError} `dek_refused`
 */
export async function checkPin(
  { pins }: Pick<BrokerConfig, "pins">,
  store: Pick<BrokerStore, "pinFirst">,
  name: string,
  fingerprint: string,
): Promise<void> {
  const pin = pins === "first-use" ? await store.pinFirst(name, fingerprint) : pins.get(name);
  if (pin === undefined || pin === fingerprint) return;
  throw new BrokerError(
    "dek_refused",
    `The key (DEK) of ${printable(name)} is not the pinned one, so nothing of it is granted. It was replaced, or the service answers with a key of ` +
      "its own. Whoever runs the broker looks into it, and then accepts the new one: secret-stash-ci broker trust.",
  );
}
