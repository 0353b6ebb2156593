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
  if (!address.startsWith(SQLITE)) {
    throw new BrokerError("store_unavailable", "This version of the broker has one store: sqlite:PATH.");
  }
  try {
    return openSqliteStore(address.slice(SQLITE.length));
  } catch (cause) {
    throw new BrokerError(
      "store_unavailable",
      "The broker's store cannot be opened. The folder may be missing, or not be writable for this user.",
      { cause },
    );
  }
}
