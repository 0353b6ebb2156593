import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCommandFile } from "../runner/command-file.ts";
import { actionRoot } from "../runner/job.ts";
import type { KeyPair } from "../stash-server/owner.ts";
import { type Account, seedAccount } from "../stash-server/seed.ts";
import { type Intercept, type StashServer, startStashServer } from "../stash-server/server.ts";

export const variables = {
  ONE: "first-secret-value",
  TWO: "second-secret-value",
  THREE: "third-secret-value",
};
const ORIGINAL = "MINE=1\n";

/** How a process is killed: after some seconds, before its n-th change to the disk, or not at all. */
export type Death = { afterSeconds: number } | { atOperation: number } | "never";

/** A machine with one job at a time, whose processes are killed. */
export interface Victim {
  server: StashServer;
  paths: Record<"temp" | "workspace" | "commands", string>;
  main(death?: Death): Promise<void>;
  post(death?: Death): Promise<void>;
  cli(args: readonly string[], death?: Death): Promise<number>;
  /** how often a stage changes the disk */
  countOperations(run: () => Promise<unknown>): Promise<number>;
  /** what is wrong at this moment, although a process died; empty if nothing is */
  partial(): string[];
  /** what is left of everything */
  leftOver(): string[];
  /** lets time pass: whatever is left has expired */
  expire(): void;
  /** a new job, on the same machine */
  reset(): void;
  close(): Promise<void>;
}

export async function startVictim(
  keys: { ownerKeys: KeyPair; grantKeys: KeyPair },
  intercept?: Intercept,
): Promise<Victim> {
  const server = await startStashServer({ requestsPerMinute: 1_000_000, ...(intercept && { intercept }) });
  const seed = { environment: "ci", type: "testing", variables, ...keys };
  const account = seedAccount(server.store, seed);
  const folder = mkdtempSync(join(tmpdir(), "chaos-"));
  const paths = {
    temp: join(folder, "temp"),
    workspace: join(folder, "work"),
    commands: join(folder, "commands"),
  };
  const countFile = join(folder, "count");
  let state: [string, string][] = [];
  let counting = false;
  const inputs = inputsOf(server, account, keys.grantKeys);

  const reset = () => {
    for (const path of Object.values(paths)) {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path, { recursive: true });
    }
    writeFileSync(join(paths.workspace, ".env"), ORIGINAL);
    for (const file of ["env", "output", "state"]) writeFileSync(join(paths.commands, file), "");
    state = [];
  };
  reset();

  // A process in between, so that the parent of the killed one is gone as well, as the runner's worker is after a job.
  const run = (
    args: readonly string[],
    death: Death,
    environment: Record<string, string>,
  ): Promise<number> => {
    const seconds = typeof death === "object" && "afterSeconds" in death ? death.afterSeconds : 60;
    const operation = typeof death === "object" && "atOperation" in death ? String(death.atOperation) : "";
    const dieAt = counting ? "count" : operation;
    const hook = {
      NODE_OPTIONS: `--require ${join(actionRoot, "test/chaos/die-at-operation.cjs")}`,
      DIE_AT: dieAt,
    };
    const child = spawn("timeout", ["-s", "KILL", String(seconds), process.execPath, ...args], {
      cwd: paths.workspace,
      stdio: "ignore",
      env: {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        TMPDIR: paths.temp,
        ...(dieAt === "" ? {} : { ...hook, DIE_COUNT_FILE: countFile }),
        ...environment,
      },
    });
    return new Promise((done) => child.once("close", (code) => done(code ?? 137)));
  };
  const stage = async (file: string, death: Death) => {
    await run([join(actionRoot, file)], death, {
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: paths.workspace,
      RUNNER_TEMP: paths.temp,
      GITHUB_ENV: join(paths.commands, "env"),
      GITHUB_OUTPUT: join(paths.commands, "output"),
      GITHUB_STATE: join(paths.commands, "state"),
      ...Object.fromEntries(state.map(([name, value]) => [`STATE_${name}`, value])),
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
    });
    state = parseCommandFile(readFileSync(join(paths.commands, "state"), "utf8"));
  };

  return {
    server,
    paths,
    main: (death = "never") => stage("dist/main.js", death),
    post: (death = "never") => stage("dist/post.js", death),
    cli: (args, death = "never") =>
      run(
        [join(actionRoot, "dist/index.js"), ...args],
        death,
        Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [
            `SECRET_STASH_${name.replaceAll("-", "_").toUpperCase()}`,
            value,
          ]),
        ),
      ),
    countOperations: async (work) => {
      writeFileSync(countFile, "");
      counting = true;
      await work();
      counting = false;
      return readFileSync(countFile, "utf8").length;
    },
    partial: () => [
      ...partialFile(join(paths.commands, "env"), 4),
      ...partialFile(join(paths.commands, "output"), 7),
      ...partialEnvFile(paths.workspace),
      ...readdirSync(paths.temp, { recursive: true, encoding: "utf8" })
        .map((name) => join(paths.temp, name))
        .filter((path) => (statSync(path).mode & 0o077) !== 0)
        .map((path) => `${path} can be read by others`),
    ],
    leftOver: () => [
      ...readdirSync(paths.temp),
      ...readdirSync(paths.workspace).filter((name) => name !== ".env"),
      ...(readFileSync(join(paths.workspace, ".env"), "utf8") === ORIGINAL ? [] : ["values in .env"]),
    ],
    expire: () => {
      for (const name of readdirSync(paths.temp, { recursive: true, encoding: "utf8" })) {
        const path = join(paths.temp, name);
        if (path.endsWith("device.json"))
          writeFileSync(path, JSON.stringify({ expires_at: "2020-01-01T00:00:00Z" }));
        if (statSync(path).isDirectory()) utimesSync(path, 0, 0);
      }
      server.clock.advance(61 * 60_000);
      server.store.pruneExpiredKeys();
    },
    reset,
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function inputsOf(server: StashServer, account: Account, { privateKey }: KeyPair): Record<string, string> {
  return {
    "api-url": server.url,
    "api-token": account.apiToken,
    "application-id": account.applicationId,
    environment: account.environment,
    "grant-key": `${account.grantKeyId}:${privateKey}`,
    "env-file": ".env",
  };
}

/** All or nothing. */
function partialFile(path: string, whole: number): string[] {
  const text = readFileSync(path, "utf8");
  try {
    const { length } = parseCommandFile(text);
    return length === 0 || length >= whole ? [] : [`${path} holds ${length} of ${whole}`];
  } catch {
    return [`${path} breaks off`];
  }
}

function partialEnvFile(workspace: string): string[] {
  const text = readFileSync(join(workspace, ".env"), "utf8");
  const isWhole = text === ORIGINAL || Object.values(variables).every((value) => text.includes(value));
  const drafts = readdirSync(workspace).filter((name) => name !== ".env");
  // A draft of the earlier content has the permissions of the earlier file.
  const holdsValue = (name: string) =>
    Object.values(variables).some((value) => readFileSync(join(workspace, name), "utf8").includes(value));
  const open = drafts.filter(
    (name) => (statSync(join(workspace, name)).mode & 0o077) !== 0 && holdsValue(name),
  );
  return [
    ...(isWhole ? [] : [".env is neither what it was nor whole"]),
    ...open.map((name) => `${name} can be read by others`),
  ];
}
