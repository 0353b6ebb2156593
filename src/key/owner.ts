import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";

export const OWNER_FILE = "session.json";

const OLD_MS = 24 * 60 * 60_000;
const UNSURE_MS = 6 * 60 * 60_000; // as long as jobs usually may take

interface Process {
  pid: number;
  /** in clock ticks since the machine's start; `null` where there is no /proc. A process id comes again, so it goes along. */
  started: string | null;
}

/**
 * Whose session it is: the process that started ours, and the leader of its session (credentials(7)). On GitHub the first is the runner's
 * worker, which lives as long as the job. In a shell it may be a subshell that ends at once, as in `eval "$(secret-stash-ci pull || …)"`;
 * then the leader, which is the terminal's or the job's own shell, tells whether anybody is still there.
 */
export async function describeOwner(): Promise<{ name: string; content: string }> {
  const leader = Number((await readStat(process.pid))?.[3] ?? 0); // 0: outside of our container
  // 1 adopts whoever lost its parent; as a leader it is the shell of a job in a container.
  const pids = [process.ppid, leader].filter((pid) => pid > 1 || (pid === 1 && pid === leader));
  return { name: OWNER_FILE, content: JSON.stringify({ owners: await Promise.all(pids.map(describe)) }) };
}

/**
 * Whether the session that made this key directory may still run, as far as can be told. A leader can outlive every job, as a service's does:
 * after a day it is no sign of life any more.
 */
export async function isOwnerAlive(keyDirectory: string): Promise<boolean> {
  const found = await lstat(keyDirectory).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs >= OLD_MS) return false;
  try {
    const { owners } = Object(JSON.parse(await readFile(join(keyDirectory, OWNER_FILE), "utf8")));
    for (const owner of owners as Process[]) if (await isAlive(owner)) return true;
    // Without /proc there is no leader to ask, and the parent may have been a shell that ended at once.
    const isUnsure = (owners as Process[]).every(({ started }) => started === null);
    return isUnsure && owners.length > 0 && Date.now() - found.mtimeMs < UNSURE_MS;
  } catch {
    return false; // killed before it was written
  }
}

async function isAlive({ pid, started }: Process): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid < 1) return false; // to kill(2), those are groups of processes
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false; // EPERM: it is there, and another user's
  }
  return (await describe(pid)).started === started;
}

async function describe(pid: number): Promise<Process> {
  return { pid, started: (await readStat(pid))?.[19] ?? null };
}

/** proc_pid_stat(5) from field 3 on: 6 is the session's leader, 22 the time of the start. */
async function readStat(pid: number): Promise<string[] | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
