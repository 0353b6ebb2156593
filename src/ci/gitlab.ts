import { resolve } from "node:path";
import { StashError } from "../lib/errors.ts";
import type { Host } from "./host.ts";
import { describeGitLabJob } from "./job-origin.ts";
import { createShellHost, type ShellOptions } from "./shell.ts";

// What the component calls its own (templates/): sourcing a variable of such a name would overwrite it.
const templateNames = [
  "SS_ARCHIVE",
  "SS_BUNDLE",
  "SS_COMMAND",
  "SS_DIR",
  "SS_FIFO",
  "SS_INDEX",
  "SS_NONCE",
  "SS_ON_EXIT",
  "SS_POINTER",
  "SS_SELF",
  "SS_SHA",
  "SS_URL",
];

/** GitLab CI. Its runner masks nothing that is learnt at run time, so our redactor does (docs/gitlab.md). */
export function createGitLabHost(options: ShellOptions): Host {
  const { environment } = options;
  const host = createShellHost(options);
  return {
    ...host,
    workspace: resolve(environment.CI_PROJECT_DIR || "."),
    ...describeGitLabJob(environment),
    refusedNames: templateNames,
    whyNoSecrets: () => whyNoSecrets(environment),
    checkJob: () => {
      const isTraced = /^(true|1|yes)$/i.test(environment.CI_DEBUG_TRACE ?? "");
      if (!isTraced || /^true$/i.test(host.readInput("allow-debug-trace").trim())) return;
      throw new StashError(
        "DEBUG_TRACE_REFUSED",
        "Nothing was pulled, because CI_DEBUG_TRACE is on: the runner then prints every variable of the job. Turn it off, or set " +
          "allow-debug-trace to true if whoever reads the log may know the values.",
      );
    },
  };
}

/** GitLab gives protected variables to protected branches and tags alone (docs.gitlab.com, "Protect a CI/CD variable"). */
function whyNoSecrets({
  CI_COMMIT_REF_PROTECTED,
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID,
  CI_MERGE_REQUEST_PROJECT_ID,
}: NodeJS.ProcessEnv) {
  const way = "Set on-missing-credentials: skip to let such pipelines go on without the variables.";
  if ((CI_MERGE_REQUEST_SOURCE_PROJECT_ID ?? "") !== (CI_MERGE_REQUEST_PROJECT_ID ?? "")) {
    return `This pipeline is for a merge request from a fork, which gets none of this project's variables. ${way}`;
  }
  if (CI_COMMIT_REF_PROTECTED === "false") {
    return `This branch is not protected, and GitLab gives it no protected variables. Unprotect the variable, or protect the branch. ${way}`;
  }
  return undefined;
}
