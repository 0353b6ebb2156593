/** What a token was used for before. */
export type Use =
  /** nobody has used it, or with fewer keys than the rule allows */
  | "first"
  /** with this very key, a moment ago: a retry, which may be answered again */
  | "retry"
  /** with another key, by somebody who has the token */
  | "taken"
  /** with this key, too long ago for a retry, or until it was released */
  | "over";

/** Which key was used with which token. */
export interface KeyUse {
  /** the issuer's address: a name can be given to another issuer */
  issuer: string;
  /** the token's id, and the job's where the system gives it one: each stands for itself */
  ids: readonly string[];
  /** of the public key, SHA-256 in hex */
  fingerprint: string;
}

/** A use of a token that is to be remembered. Times are seconds since 1970. */
export interface TokenUse extends KeyUse {
  /** how many keys the rule allows for one id */
  keys: number;
  now: number;
  /** until when the row is kept: longer than any copy of the broker takes the token, or anybody has to release it */
  keptUntil: number;
}

/** One line of the audit log: what was asked, and what came of it. It never holds a token, a key or a payload. */
export interface AuditRow {
  /** seconds since 1970 */
  time: number;
  requestId: string;
  /** `failed`: after `granted`, nothing could be answered */
  decision: "granted" | "failed" | "refused" | "released";
  /** whether somebody should look at it at once: a token was used with a second key */
  isAlarm?: true;
  /** the code of a refusal */
  code: string | undefined;
  /** why, in words */
  reason: string | undefined;
  rule: string | undefined;
  policyHash: string;
  issuer: string | undefined;
  tokenId: string | undefined;
  /** what the claims say of the job: ids, ref, commit, run, actor */
  job: Readonly<Record<string, string>>;
  /** what people call the job's project; rows can be found by it */
  project: string | undefined;
  fingerprint: string | undefined;
  environments: readonly string[];
  variables: number | undefined;
  address: string;
}

export interface AuditFilter {
  since?: number;
  rule?: string;
  /** the project, as tokens name it */
  repository?: string;
  refusedOnly?: boolean;
  limit: number;
}

/**
 * What the broker remembers. Several copies share one store, and it decides what has to be decided once.
 *
 * Every method throws what its database throws: then nothing is granted.
 */
export interface BrokerStore {
  /** Remembers a use, if it is allowed, and says what it is. Of two at once, one is first. */
  use(use: TokenUse): Promise<Use>;
  /** Ends a use: a retry of it is over. @returns whether it had not ended before */
  release(use: KeyUse): Promise<boolean>;
  /** Remembers the id under which the service knows the key, because it was registered for this use. */
  noteRegistration(use: KeyUse, deviceKeyId: number): Promise<void>;
  /** @returns the id that was noted for this use, if it has not ended */
  findRegistration(use: KeyUse): Promise<number | undefined>;
  /** A row that is there when this returns: without it, nothing is granted. */
  record(row: AuditRow): Promise<void>;
  /** The newest first. */
  find(filter: AuditFilter): Promise<AuditRow[]>;
  /** Forgets uses that no token can repeat any more, and audit rows from before `auditSince`. @returns how many uses */
  prune(now: number, auditSince: number): Promise<number>;
  /** When this store began to remember. A token from before may have been used, and nobody would know. Seconds since 1970. */
  readonly beganAt: number;
  /** The fingerprint of an environment's DEK, as the first grant saw it; this one, if there was none. */
  pinFirst(environment: string, fingerprint: string): Promise<string>;
  /** Replaces a pin, because a person says so. */
  replacePin(environment: string, fingerprint: string): Promise<void>;
  /** Throws if the store cannot be used now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** For how many seconds the same key may be answered again. */
export const RETRY_SECONDS = 300;
