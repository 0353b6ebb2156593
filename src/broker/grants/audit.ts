import { BrokerError } from "../broker-error.ts";
import type { AuditRow, BrokerStore } from "../store/store.ts";

/** What becomes known of a request, bit by bit. */
export type Noted = Partial<
  Pick<
    AuditRow,
    | ("policyHash" | "rule" | "issuer" | "tokenId" | "job")
    | ("project" | "fingerprint" | "environments" | "variables")
  >
>;

/** The audit row of one request. */
export interface Audit {
  note(facts: Noted): void;
  /** whether a rule grants the job what it asks for, so that whatever is refused after that is not the job of a stranger */
  isOfGrantedJob(): boolean;
  hasGranted(): boolean;
  /** @throws {BrokerError} `store_unavailable`: what cannot be written down is not granted */
  granted(facts: Noted): Promise<void>;
  released(facts: Noted): Promise<void>;
  refused(error: BrokerError): Promise<void>;
  /** what was granted could not be answered */
  failed(error: BrokerError): Promise<void>;
}

/** @param publish gets each row when it is in the store, for the log */
export function beginAudit(
  store: Pick<BrokerStore, "record">,
  start: Pick<AuditRow, "requestId" | "address">,
  now: () => number,
  publish: (row: AuditRow) => void,
): Audit {
  const noted: Noted = {};
  let hasGranted = false;
  const write = async (part: Pick<AuditRow, "decision"> & Partial<AuditRow>) => {
    const row: AuditRow = {
      time: now(),
      ...start,
      ...{ code: undefined, reason: undefined, rule: undefined, issuer: undefined, tokenId: undefined },
      ...{
        policyHash: "",
        job: {},
        project: undefined,
        fingerprint: undefined,
        environments: [],
        variables: undefined,
      },
      ...noted,
      ...part,
    };
    try {
      await store.record(row);
    } catch (cause) {
      throw new BrokerError(
        "store_unavailable",
        "The broker cannot write its audit log now, and grants nothing without it. Try again.",
        { cause },
      );
    }
    publish(row);
  };
  return {
    note: (facts) => void Object.assign(noted, facts),
    isOfGrantedJob: () => noted.rule !== undefined,
    hasGranted: () => hasGranted,
    granted: async (facts) => {
      await write({ decision: "granted", ...facts });
      hasGranted = true;
    },
    failed: ({ code, message }) => write({ decision: "failed", code, reason: message }),
    released: (facts) => write({ decision: "released", ...facts }),
    refused: ({ code, message, rule }) =>
      write({
        ...{ decision: "refused", code, reason: message },
        ...(rule !== undefined && { rule }),
        // A second key is no proof of a theft, but nothing else looks like one.
        ...(code === "token_taken" && { isAlarm: true }),
      }),
  };
}
