/** What differs from one CI system to the next. Rooms and stories know only this. */
export interface Host {
  /** the process's environment, for inputs and proxy settings */
  readonly environment: NodeJS.ProcessEnv;
  /** where the key directory is made */
  readonly temporaryDirectory: string;
  /** where key directories and sessions of killed jobs may lie */
  readonly leftoversDirectory: string;
  /** where relative paths start */
  readonly workspace: string;
  readonly hostname: string;
  /** which job this is, for people: `acme/app deploy #17` */
  readonly jobName: string | undefined;
  /** repository, ref, sha, run and who started it, as far as the system tells: for the service's audit log */
  readonly origin: Readonly<Record<string, string>>;
  readonly platform: string;
  /** names that later steps can never be given */
  readonly refusedNames: readonly string[];
  /** what hides values in the log: the GitHub runner, or our own redactor, which needs them kept */
  readonly masking: "runner" | "redactor";
  /** aborted when the job is being ended */
  readonly cancelled: AbortSignal;

  /** An input as given, or `""`. */
  readInput(name: string): string;
  /** Has the log hide these strings. Only when it resolves has the host been told: write nothing that holds them before. */
  mask(secrets: Iterable<string>): Promise<void>;
  /** Keeps a value for post; it is on disk when the call returns. */
  saveState(name: string, value: string): void;
  readState(name: string): string;
  /**
   * Hands variables to later steps and outputs to the workflow: both or, when one cannot be written, neither.
   *
   * @throws {StashError} `EXPORT_FAILED`
   */
  publish(exports: Exports): void;
  info(message: string): void;
  /** What only somebody who looks for a fault wants to read. It is as public as all else that is said. */
  debug(message: string): void;
  group(title: string, lines: readonly string[]): void;
  notice(message: string): void;
  /** @param place in a file below the workspace, where the host can show it there */
  warn(message: string, place?: Place): void;
  /** Adds Markdown to the job's summary page, where there is one. Never fails: it is told, not needed. */
  summarize(markdown: string): Promise<void>;
  /** Reports an error and makes the step fail, with the error's own exit code if it has one. */
  fail(error: unknown): void;
  /** Why this run gets no secrets, as a sentence, where the host can tell. */
  whyNoSecrets(): string | undefined;
  /**
   * Refuses a job in which values would show whatever we do.
   *
   * @throws {StashError} `DEBUG_TRACE_REFUSED`
   */
  checkJob(): void;
}

export interface Place {
  file: string;
  line: number;
  column: number;
}

export interface Exports {
  environment: ReadonlyMap<string, string>;
  outputs: ReadonlyMap<string, string>;
}
