import type { StashError } from "../lib/errors.ts";

// What differs from one CI system to the next. The other rooms know only these interfaces, and each takes the parts that it needs.

/** Where people read what happens. Everything but `mask` is shown as it is, so it must never hold a secret. */
export interface Log {
  /** what hides values in the log: the system's agent, or our own redactor */
  readonly masking: "agent" | "redactor";
  /** whether later commands (`mask`, `leak-check`) need the values */
  readonly keepsSecrets: boolean;
  /** Makes the log hide these strings. Write nothing that holds one of them before this resolves. */
  mask(secrets: Iterable<string>): Promise<void>;
  info(message: string): void;
  /** Logs details for whoever is looking for a fault. They are as public as everything else. */
  debug(message: string): void;
  group(title: string, lines: readonly string[]): void;
  notice(message: string): void;
  /** @param place in a file below the workspace, which some systems show */
  warn(message: string, place?: Place): void;
  /** Adds Markdown to the job's summary page, if there is one. Never throws; informational. */
  summarize(markdown: string): Promise<void>;
}

export interface Place {
  file: string;
  line: number;
  column: number;
}

/** Keeps values for a later stage of the same step, or for a later command of the same session. */
export interface StateStore {
  /** names the run or the session, so that what another one saved is not taken for its own */
  readonly scope: string;
  /**
   * The value is on disk when this returns.
   *
   * @throws {StashError} `STATE_FAILED`
   */
  save(name: string, value: string): void;
  /** @returns `""` if nothing was saved */
  read(name: string): string;
}

/** Which job this is, and where it runs. */
export interface JobInfo {
  /** for people: `acme/app deploy #17` */
  readonly name: string | undefined;
  /** repository, ref, sha, run and actor, as far as the system tells them: for the service's audit log */
  readonly origin: Readonly<Record<string, string>>;
  /** where relative paths start */
  readonly workspace: string;
  /** where the key directory is created */
  readonly temporaryDirectory: string;
  /** whether the temp directory is this session's own, and holds nothing of other jobs */
  readonly ownsTemporaryDirectory: boolean;
  /** where killed jobs may have left key directories and sessions */
  readonly leftoversDirectory: string;
  readonly hostname: string;
  readonly platform: string;
}

/** Hands variables to later steps. */
export interface Exporter {
  /** names that the system never passes on, or that our scripts on it use themselves */
  readonly refusedNames: readonly string[];
  /**
   * Hands variables to later steps and outputs to the workflow: both, or neither if one of them cannot be written.
   *
   * @throws {StashError} `EXPORT_FAILED`
   */
  publish(exports: Exports): void;
}

export interface Exports {
  environment: ReadonlyMap<string, string>;
  /** names in `environment` whose values are not secret, such as paths */
  plainNames: ReadonlySet<string>;
  outputs: ReadonlyMap<string, string>;
}

/** The tokens by which a system says which job this is (OpenID Connect). */
export interface IdTokens {
  /** whether the job names the audience when it asks, so that a token can be bound to its key */
  readonly namesAudience: boolean;
  /** Why there are none; `undefined` if there are. Nothing is asked for. */
  findFault(): StashError | undefined;
  /**
   * @param audience whom the token is for; where the job does not choose it, the token says what it says
   * @param caFile see `ServiceInputs`
   * @throws {StashError} `ID_TOKEN_MISSING`, `FORK_WITHOUT_ID_TOKEN`, `ID_TOKEN_FAILED`
   */
  request(audience: string, options: { timeoutSeconds: number; caFile: string }): Promise<string>;
}

/** The CI system around this process, without anything that a session leaves behind. */
export interface System {
  readonly log: Log;
  readonly job: JobInfo;
  /** the process's environment, for proxy settings and for the commands that we start */
  readonly environment: NodeJS.ProcessEnv;
  /** aborted when the job is being cancelled */
  readonly cancelled: AbortSignal;
  /** @returns the text of an input, or `""` */
  readInput(name: string): string;
  /** inputs that were given as variables, where the system takes them from the workflow alone */
  readonly misplacedInputs: readonly string[];
  /** how this job proves who it is, to a key broker */
  readonly idTokens: IdTokens;
  /** Explains why this run gets no secrets, as a sentence, if the system can tell. */
  explainMissingSecrets(): string | undefined;
  /**
   * Refuses a job whose log would show the values whatever we do.
   *
   * @throws {StashError} `DEBUG_TRACE_REFUSED`
   */
  refuseTracedJob(): void;
}

/** The CI system as a session uses it. */
export interface Host extends System {
  readonly state: StateStore;
  readonly exporter: Exporter;
}
