import { systemCode } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { BrokerError } from "../broker-error.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import type { BrokerStore } from "./store.ts";

const SQLITE = "sqlite:";

/**
 * Opens the store that the policy names.
 *
 * @throws {BrokerError} `store_unavailable`
 */
export function openStore(address: string): BrokerStore {
  try {
    return openSqliteStore(address.slice(SQLITE.length));
  } catch (cause) {
    throw new BrokerError(
      "store_unavailable",
      `The broker's store ${printable(address)} cannot be opened (${systemCode(cause)}). The folder may be missing, or not be writable for this user.`,
      { cause },
    );
  }
}
