import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isProcessAlive } from "../lib/processes.ts";
import { readOwnFile } from "../lib/safe-file.ts";

export const OWNER_FILE = "session.json";

const OLD_MS = 24 * 60 * 60_000;
const UNSURE_MS = 6 * 60 * 60_000; // The usual limit on the duration of a job.

interface Process {
  pid: number;
  /** when it started, in clock ticks since boot, because process ids are reused; `null` if there is no /proc */
  started: string | null;
}

/**
 * Describes who owns the session: the process that started ours, and the leader of its process session (credentials(7)). On GitHub the
 * former is the runner's worker, which lives as long as the job. In a shell it may be a subshell that ends at once, as in
 * `eval "$(secret-stash-ci pull || …)"`; then the leader, which is the shell of the terminal or of the job, tells whether the job is alive.
 */
export async function describeOwner(): Promise<{ name: string; content: string }> {
  const leader = Number((await readStat(process.pid))?.[3] ?? 0); // 0 means a process outside our container.
  // Process 1 adopts every orphan, so as a parent it tells nothing. As the leader it is the shell of a job in a container.
  const pids = [process.ppid, leader].filter((pid) => pid > 1 || (pid === 1 && pid === leader));
  return { name: OWNER_FILE, content: JSON.stringify({ owners: await Promise.all(pids.map(describe)) }) };
}

/**
 * Whether the session that created this key directory may still be running, as far as can be told. A leader can outlive every job, as that
 * of a service does, so after a day it does not count as a sign of life.
 */
export async function isOwnerAlive(keyDirectory: string): Promise<boolean> {
  const found = await lstat(keyDirectory).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs >= OLD_MS) return false;
  try {
    const { owners } = Object(JSON.parse(readOwnFile(join(keyDirectory, OWNER_FILE)).toString("utf8")));
    for (const owner of owners as Process[]) if (await isAlive(owner)) return true;
    // Without /proc the leader is unknown, and the parent may have been a shell that ended at once.
    const isUnsure = (owners as Process[]).every(({ started }) => started === null);
    return isUnsure && owners.length > 0 && Date.now() - found.mtimeMs < UNSURE_MS;
  } catch {
    return false; // The session was killed before the file was written.
  }
}

async function isAlive({ pid, started }: Process): Promise<boolean> {
  return isProcessAlive(pid) && (await describe(pid)).started === started;
}

async function describe(pid: number): Promise<Process> {
  return { pid, started: (await readStat(pid))?.[19] ?? null };
}

/** The fields of proc_pid_stat(5) from the third on. Field 6 is the session's leader, field 22 the start time. */
async function readStat(pid: number): Promise<string[] | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
