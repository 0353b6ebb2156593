import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { coverageEnvironment } from "./coverage.ts";
import { type Session, type SessionOptions, startSession } from "./session.ts";

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CliSession extends Session {
  /** `secret-stash-ci` with these arguments, on a system that masks nothing. */
  run(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  /** what is left in the temp directory */
  left(): string[];
}

export interface RunOptions {
  environment?: Record<string, string>;
  input?: string | Buffer;
  /** which Node runs the bundle; this process's by default */
  node?: string;
  /** the folder of the bundle; that of the session by default */
  bundle?: string;
  onStart?: (child: ChildProcess) => void;
}

export async function startCliSession(options: SessionOptions = {}): Promise<CliSession> {
  const session = await startSession(options);
  const temp = join(session.job.temp, "tmp");
  mkdirSync(temp);
  const inputs = Object.fromEntries(
    Object.entries(session.inputs).map(([name, value]) => [
      `SECRET_STASH_${name.replaceAll("-", "_").toUpperCase()}`,
      value,
    ]),
  );
  return {
    ...session,
    left: () => readdirSync(temp),
    run: (
      args,
      {
        environment = {},
        input = "",
        node = process.execPath,
        bundle = join(session.root, "dist"),
        onStart,
      } = {},
    ) => {
      const env = {
        PATH: process.env.PATH ?? "",
        HOME: session.job.workspace,
        TMPDIR: temp,
        ...coverageEnvironment,
        ...inputs,
        ...environment,
      };
      const child = spawn(node, [join(bundle, "index.js"), ...args], {
        cwd: session.job.workspace,
        env,
        stdio: "pipe",
      });
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      onStart?.(child);
      return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code, signal) =>
          resolve({
            code: code ?? (signal === "SIGKILL" ? 137 : 143),
            stdout: Buffer.concat(output.stdout).toString(),
            stderr: Buffer.concat(output.stderr).toString(),
          }),
        );
      });
    },
  };
}
