import { resolve } from "node:path";
import { StashError } from "../lib/errors.ts";
import type { Exporter, System } from "./host.ts";
import { describeGitLabJob } from "./job-origin.ts";
import { tokenOfVariable } from "./oidc/variable.ts";
import { createShellExporter, createShellSystem, type ExporterOptions, type SystemOptions } from "./shell.ts";

// The shell variables of the component (templates/): a sourced variable of the same name would overwrite one of them.
const templateNames = [
  "SS_ARCHIVE",
  "SS_BUNDLE",
  "SS_CACHE",
  "SS_CACHED",
  "SS_COMMAND",
  "SS_DIR",
  "SS_FIFO",
  "SS_FLAGS",
  "SS_HEADER",
  "SS_INDEX",
  "SS_KNOWN",
  "SS_NODE",
  "SS_NONCE",
  "SS_ON_EXIT",
  "SS_POINTER",
  "SS_RUNTIMES",
  "SS_SELF",
  "SS_SHA256",
  "SS_URL",
];

/** GitLab CI. Its runner masks nothing that a job learns at run time, so our redactor does (docs/gitlab.md). */
export function createGitLabSystem(options: SystemOptions): System {
  const { environment } = options;
  const system = createShellSystem(options);
  const workspace = resolve(environment.CI_PROJECT_DIR || ".");
  return {
    ...system,
    job: { ...system.job, ...describeGitLabJob(environment), workspace },
    idTokens: tokenOfVariable(
      system.readInput("id-token").trim(),
      "Extend the component's job whose name ends in -broker; or add to your own job: id_tokens: { SECRET_STASH_ID_TOKEN: { aud: the broker's address } }.",
    ),
    explainMissingSecrets: () => explainMissingSecrets(environment),
    refuseTracedJob: () => {
      const isTraced = /^(true|1|yes)$/i.test(environment.CI_DEBUG_TRACE ?? "");
      if (!isTraced || /^true$/i.test(system.readInput("allow-debug-trace").trim())) return;
      throw new StashError(
        "DEBUG_TRACE_REFUSED",
        "Nothing was pulled, because CI_DEBUG_TRACE is on, and the runner then prints every variable of the job. Turn it off, or set " +
          "allow-debug-trace to true if everybody who can read the log may know the values.",
      );
    },
  };
}

export function createGitLabExporter(options: ExporterOptions): Exporter {
  return { ...createShellExporter(options), refusedNames: templateNames };
}

/** GitLab passes protected variables to protected branches and tags only (docs.gitlab.com, "Protect a CI/CD variable"). */
function explainMissingSecrets({
  CI_COMMIT_REF_PROTECTED,
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID,
  CI_MERGE_REQUEST_PROJECT_ID,
}: NodeJS.ProcessEnv): string | undefined {
  if ((CI_MERGE_REQUEST_SOURCE_PROJECT_ID ?? "") !== (CI_MERGE_REQUEST_PROJECT_ID ?? "")) {
    return "This pipeline is for a merge request from a fork, which gets none of this project's variables.";
  }
  if (CI_COMMIT_REF_PROTECTED === "false") {
    return (
      "This branch is not protected, and GitLab passes protected variables to protected branches only. Protect the branch, or make the " +
      "variable available to all branches."
    );
  }
  return undefined;
}
