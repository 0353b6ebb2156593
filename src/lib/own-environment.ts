import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";

const OWN = /^(INPUT_|STATE_|SECRET_STASH_(API_TOKEN|GRANT_KEY|APPROVAL_WEBHOOK|ID_TOKEN)$)/i;
// What the runner gives to actions and not to `run:` steps (NodeScriptActionHandler.cs, ScriptHandler.cs), and where it keeps an action's state.
const OF_ACTIONS = /^(ACTIONS_(RUNTIME|CACHE|RESULTS)_|GITHUB_STATE$)/i;

/** Whether a variable is what this process was given for itself: inputs, state, credentials. */
export function isOwnVariable(name: string): boolean {
  return OWN.test(name);
}

/** Whether GitHub's runner gives a variable to actions only. */
export function isActionVariable(name: string): boolean {
  return OF_ACTIONS.test(name);
}

function isPrivateVariable(name: string): boolean {
  return OWN.test(name) || OF_ACTIONS.test(name);
}

/**
 * Takes this process's environment, and erases from the process what is private in it. Linux shows the environment with which a process
 * was started to every process of the same user, in /proc/PID/environ (proc_pid_environ(5)), until the process overwrites it: `delete` and
 * unsetenv(3) do not. Other systems have no such file; docs/threat-model.md says what that means there.
 *
 * @returns a copy of the environment, and whether /proc shows nothing private any more
 */
export function takeEnvironment(own: NodeJS.ProcessEnv): {
  environment: NodeJS.ProcessEnv;
  isErased: boolean;
} {
  const environment = { ...own };
  const names = Object.keys(environment).filter(isPrivateVariable);
  for (const name of names) delete own[name];
  return { environment, isErased: names.length === 0 || process.platform !== "linux" || eraseShown() };
}

/**
 * 1. Find where the kernel looks for the environment: fields 50 and 51 of proc_pid_stat(5).
 * 2. Read that memory, which holds `NAME=value` and a NUL for each variable.
 * 3. Overwrite the values of private ones with NULs. A process may write to its own memory through /proc/self/mem.
 */
function eraseShown(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // from the third field on
    const [start, end] = [Number(fields[50 - 3]), Number(fields[51 - 3])]; // 1
    const memory = openSync("/proc/self/mem", "r+");
    try {
      const shown = Buffer.alloc(end - start);
      readSync(memory, shown, 0, shown.length, start); // 2
      let at = start;
      for (const entry of shown.toString("latin1").split("\0")) {
        const name = entry.split("=", 1)[0] ?? "";
        const length = entry.length - name.length - 1;
        if (isPrivateVariable(name) && length > 0) {
          writeSync(memory, Buffer.alloc(length), 0, length, at + name.length + 1); // 3
        }
        at += entry.length + 1;
      }
    } finally {
      closeSync(memory);
    }
    return true;
  } catch {
    return false; // No /proc, or one that does not let us, as in some sandboxes.
  }
}
