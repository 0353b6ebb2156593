import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { type CliSession, startCliSession } from "../support/cli.ts";

const program = join(actionRoot, "dist/index.js");

test("messages that cannot be written stop nothing: the command runs, and everything is cleaned up", async () => {
  const session = await startCliSession();
  const { code, stdout } = await execTo(session, ["sh", "-c", "echo ran"], { stderr: "/dev/full" });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "ran\n" });
  expect(session.left()).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("output that cannot be written is reported, and the run fails", async () => {
  const session = await startCliSession();
  const { code, stderr } = await execTo(session, ["sh", "-c", "echo hi"], { stdout: "/dev/full" });
  expect(code).toBe(1);
  expect(stderr).toContain("The command's output cannot be written (ENOSPC), so a part of it is lost.");
  expect(session.left()).toEqual([]);
});

test("the beginning of a value whose rest was not waited for is not shown", async () => {
  const session = await startCliSession();
  const script = '(printf "%s" "${API_KEY%?}"; sleep 3; echo "$API_KEY") & exit 0';
  const { code, stdout } = await session.run(["exec", "--", "sh", "-c", script]);
  expect(code).toBe(0);
  expect(stdout).toBe("");
});

test("a background process that never falls silent is not waited for", async () => {
  const session = await startCliSession();
  const script = "(i=0; while [ $i -lt 200 ]; do echo tick; sleep 0.2; i=$((i+1)); done) & exit 0";
  const { code, stdout } = await session.run(["exec", "--", "sh", "-c", script]);
  expect(code).toBe(0);
  expect(stdout).toContain("tick");
  expect(stdout.split("\n").length).toBeLessThan(150);
  expect(session.left()).toEqual([]);
});

test("a log that ends in what could be the beginning of the end mark loses nothing", () => {
  const source = join(actionRoot, "src/masks/filter.ts");
  const script = `import { maskUntilMark } from "${source}"; maskUntilMark(["secret-value"], "f00d:f00d\\n", "/nowhere");`;
  for (const [input, expected] of [
    ["abc f", "abc f"],
    ["abc f00d", "abc f00d"],
    ["secret-value f00d:f00d\nafter", "*** after"],
  ]) {
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      input: input ?? "",
    });
    expect(stdout.toString()).toBe(expected);
  }
});

async function execTo(
  session: CliSession,
  command: readonly string[],
  files: { stdout?: string; stderr?: string },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const streams = [files.stdout, files.stderr].map((path) =>
    path === undefined ? "pipe" : openSync(path, "w"),
  );
  const inputs = Object.entries({ ...session.inputs, unmasked: "EMPTY" });
  const child = spawn(process.execPath, [program, "exec", "--", ...command], {
    cwd: session.job.workspace,
    stdio: ["ignore", streams[0] ?? "pipe", streams[1] ?? "pipe"],
    env: {
      PATH: process.env.PATH ?? "",
      TMPDIR: join(session.job.temp, "tmp"),
      ...Object.fromEntries(
        inputs.map(([name, value]) => [`SECRET_STASH_${name.replaceAll("-", "_").toUpperCase()}`, value]),
      ),
    },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const code = await new Promise<number | null>((done) => child.once("close", done));
  for (const stream of streams) if (typeof stream === "number") closeSync(stream);
  return { code, ...output };
}
