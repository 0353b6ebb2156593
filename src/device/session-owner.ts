import { readFile } from "node:fs/promises";
import { join } from "node:path";

export const OWNER_FILE = "session.json";

/**
 * Who the session belongs to: the process that started ours, which is the runner's worker or the job's shell and lives as long as the
 * job. A process id comes again, so the time of its start goes with it.
 */
export async function describeOwner(): Promise<{ name: string; content: string }> {
  const pid = process.ppid;
  return { name: OWNER_FILE, content: JSON.stringify({ pid, started: await startOf(pid) }) };
}

/** Whether the session that made this key directory still runs, as far as can be told. */
export async function isOwnerAlive(keyDirectory: string): Promise<boolean> {
  try {
    const { pid, started } = Object(JSON.parse(await readFile(join(keyDirectory, OWNER_FILE), "utf8")));
    // 1 adopts whoever lost its parent, and 0 is outside of our container.
    if (!Number.isSafeInteger(pid) || pid <= 1) return false;
    process.kill(pid, 0);
    return started === (await startOf(pid));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is there, and another user's
  }
}

/** In clock ticks since the machine's start: proc_pid_stat(5), field 22; `null` where there is no /proc. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
