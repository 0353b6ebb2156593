import type { System } from "../ci/host.ts";
import { sessionsDirectory } from "../ci/session-directory.ts";
import { listLeftovers } from "../key/leftovers.ts";
import { probeTemporaryDirectory } from "../key/temporary-directory.ts";
import { checkNodeVersion } from "../lib/node-version.ts";
import { printable } from "../lib/printable.ts";
import type { Check } from "./checks.ts";

/** Checks what a session needs from the machine that it runs on. */
export function machineChecks({ job, log }: Pick<System, "job" | "log">): Check[] {
  const { temporaryDirectory, leftoversDirectory, platform } = job;
  return [
    { check: "Node", run: () => checkNodeVersion(process.versions.node) },
    {
      check: "temp directory",
      run: async () => {
        const places = [...new Set([temporaryDirectory, sessionsDirectory()])];
        for (const path of places) await probeTemporaryDirectory(path);
        const listed = places.map((path) => printable(path)).join(" and ");
        return platform === "win32"
          ? `${listed} can be written; the ACL decides who else can read what we write`
          : `${listed} can be written, and other users cannot replace what we write`;
      },
    },
    {
      check: "leftovers",
      run: async () => {
        const leftovers = await listLeftovers(leftoversDirectory);
        const dead = leftovers.filter(({ isDead }) => isDead).length;
        return dead === 0 ? "none" : `${dead} of killed jobs, which the next pull removes`;
      },
    },
    {
      check: "masking",
      run: () =>
        log.masking === "agent"
          ? "the agent masks the strings that it is told"
          : "nothing masks the log here by itself: use exec, the GitLab component, or | secret-stash-ci mask",
    },
  ];
}
