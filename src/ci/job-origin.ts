import type { JobInfo } from "./host.ts";

type JobOrigin = Pick<JobInfo, "name" | "origin">;

/** Describes a GitHub job by the variables that docs.github.com lists in "Variables reference". */
export function describeGitHubJob(environment: NodeJS.ProcessEnv): JobOrigin {
  const { GITHUB_REPOSITORY, GITHUB_WORKFLOW, GITHUB_RUN_NUMBER, GITHUB_RUN_ID, GITHUB_SERVER_URL } =
    environment;
  return {
    name: nameOf(GITHUB_REPOSITORY, GITHUB_WORKFLOW, GITHUB_RUN_NUMBER),
    origin: omitEmpty({
      repository: GITHUB_REPOSITORY,
      ref: environment.GITHUB_REF,
      sha: environment.GITHUB_SHA,
      run_id: GITHUB_RUN_ID,
      run_url: GITHUB_RUN_ID && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`,
      actor: environment.GITHUB_ACTOR,
      event: environment.GITHUB_EVENT_NAME,
    }),
  };
}

/** Describes a GitLab job by the variables that docs.gitlab.com lists in "Predefined CI/CD variables". */
export function describeGitLabJob(environment: NodeJS.ProcessEnv): JobOrigin {
  const { CI_PROJECT_PATH, CI_JOB_NAME, CI_PIPELINE_IID } = environment;
  return {
    name: nameOf(CI_PROJECT_PATH, CI_JOB_NAME, CI_PIPELINE_IID),
    origin: omitEmpty({
      repository: CI_PROJECT_PATH,
      ref: environment.CI_COMMIT_REF_NAME,
      sha: environment.CI_COMMIT_SHA,
      run_id: environment.CI_JOB_ID,
      run_url: environment.CI_JOB_URL,
      actor: environment.GITLAB_USER_LOGIN,
      event: environment.CI_PIPELINE_SOURCE,
    }),
  };
}

function nameOf(
  project: string | undefined,
  name: string | undefined,
  run: string | undefined,
): string | undefined {
  return project && [project, name, run && `#${run}`].filter(Boolean).join(" ");
}

function omitEmpty(facts: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).flatMap(([name, fact]) => (fact ? [[name, fact]] : [])));
}
