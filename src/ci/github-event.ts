import { readFileSync } from "node:fs";

/**
 * GitHub gives no secrets to pull requests from forks and from Dependabot (docs.github.com, "Events that trigger workflows" and
 * "Dependabot on GitHub Actions").
 *
 * @returns a sentence that says so, when the event shows it
 */
export function whyNoSecrets({
  GITHUB_ACTOR,
  GITHUB_EVENT_NAME = "",
  GITHUB_EVENT_PATH,
}: NodeJS.ProcessEnv): string | undefined {
  const way = "Set on-missing-credentials: skip to let such runs go on without the variables.";
  if (GITHUB_ACTOR === "dependabot[bot]") {
    return `This run is Dependabot's, and GitHub gives it Dependabot secrets alone. ${way}`;
  }
  // pull_request_target runs in the base repository, with its secrets.
  if (!/^pull_request(?!_target)/.test(GITHUB_EVENT_NAME)) return undefined;
  const { pull_request: pull } = readEvent(GITHUB_EVENT_PATH);
  if (pull?.head?.repo?.full_name === pull?.base?.repo?.full_name) return undefined;
  return `This run is for a pull request from a fork, and GitHub gives it no secrets. ${way}`;
}

interface PullRequestEvent {
  pull_request?: Record<"head" | "base", { repo?: { full_name?: string } | null } | undefined>;
}

/** The event is only asked for a better message, so one that cannot be read is no event. */
function readEvent(path: string | undefined): PullRequestEvent {
  try {
    return (JSON.parse(readFileSync(path ?? "", "utf8")) ?? {}) as PullRequestEvent;
  } catch {
    return {};
  }
}
