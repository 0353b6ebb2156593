import { readNamedFile } from "../lib/safe-file.ts";

/**
 * Explains that GitHub passes no secrets to pull requests from forks and from Dependabot, if this is one (docs.github.com, "Events that
 * trigger workflows" and "Dependabot on GitHub Actions").
 */
export function explainMissingSecrets({
  GITHUB_ACTOR,
  GITHUB_EVENT_NAME = "",
  GITHUB_EVENT_PATH,
}: NodeJS.ProcessEnv): string | undefined {
  if (GITHUB_ACTOR === "dependabot[bot]") {
    return "This run was started by Dependabot, and GitHub passes only Dependabot secrets to it.";
  }
  // `pull_request_target` runs in the base repository, with its secrets.
  if (!/^pull_request(?!_target)/.test(GITHUB_EVENT_NAME)) return undefined;
  const { pull_request: pull } = readEvent(GITHUB_EVENT_PATH);
  if (pull?.head?.repo?.full_name === pull?.base?.repo?.full_name) return undefined;
  return "This run is for a pull request from a fork, and GitHub passes no secrets to it.";
}

interface PullRequestEvent {
  pull_request?: Record<"head" | "base", { repo?: { full_name?: string } | null } | undefined>;
}

/** Reads the event that started the run. It only improves a message, so an unreadable one is ignored. */
function readEvent(path: string | undefined): PullRequestEvent {
  try {
    return (JSON.parse(readNamedFile(path ?? "").toString("utf8")) ?? {}) as PullRequestEvent;
  } catch {
    return {};
  }
}
