import { listLeftovers } from "../key/leftovers.ts";
import { probeTemporaryDirectory } from "../key/temporary-directory.ts";
import { printable } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Check } from "./checks.ts";
import { checkNode } from "../lib/node-version.ts";

/** What a session needs of the machine it runs on. */
export function machineChecks(host: Host, temporaryDirectory: string): Check[] {
  return [
    { check: "Node", look: () => checkNode(process.versions.node) },
    {
      check: "temp directory",
      look: async () => {
        await probeTemporaryDirectory(temporaryDirectory);
        return host.platform === "win32"
          ? `${printable(temporaryDirectory)} can be written; who else may read it, its ACL decides`
          : `${printable(temporaryDirectory)} is private enough, and can be written`;
      },
    },
    {
      check: "leftovers",
      look: async () => {
        const leftovers = await listLeftovers(temporaryDirectory);
        const dead = leftovers.filter(({ isDead }) => isDead).length;
        return dead === 0 ? "none" : `${dead} of killed jobs, which the next pull removes`;
      },
    },
    {
      check: "masking",
      look: () =>
        host.masking === "runner"
          ? "the runner masks what it is told"
          : "nothing masks here by itself: use exec, the GitLab component, or | secret-stash-ci mask",
    },
  ];
}
