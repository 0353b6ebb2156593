import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { passOnSignals } from "../../src/command/signals.ts";

test("a signal that comes before the process id is known is tried again until it is", async () => {
  const pidFile = makePidFile();
  const child = startChild();
  const ended = endOf(child);
  const stop = passOnSignals(pidFile);
  onTestFinished(stop);
  process.emit("SIGTERM", "SIGTERM");
  writeFileSync(pidFile, ""); // the shell has opened it, and not written yet
  await sleep(100);
  expect(child.exitCode ?? child.signalCode).toBeNull(); // nor was this process's whole group signalled
  writeFileSync(pidFile, `${child.pid}\n`);
  expect(await ended).toBe("SIGTERM");
});

test("no signal is passed on once it is stopped", async () => {
  const pidFile = makePidFile();
  const child = startChild();
  const stop = passOnSignals(pidFile);
  process.emit("SIGINT", "SIGINT");
  stop();
  writeFileSync(pidFile, `${child.pid}\n`);
  await sleep(200);
  expect(child.exitCode ?? child.signalCode).toBeNull();
});

function startChild(): ChildProcess {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

function endOf(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
}

function makePidFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "signals-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "run.pid");
}
