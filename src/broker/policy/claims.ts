/** The CI systems whose tokens the broker knows. */
export type IssuerType = "github" | "gitlab" | "circleci" | "buildkite";

/** What a policy may say about the tokens of one CI system. */
export interface IssuerClaims {
  /** Claims that a rule may name. What is not here does not exist, can be customised (`sub`), or is checked for every token (`aud`, `exp`). */
  readonly known: readonly string[];
  /**
   * Ways to name one project, or an organisation, by ids that are never given to another one. A rule needs one of them: names can be taken
   * over after a deletion or a renaming.
   */
  readonly identities: readonly Identity[];
  /** Claims that bind a rule to a branch or tag if they have no `*`: one of these, or all of a list. */
  readonly refs: readonly (readonly string[])[];
  /** What every rule has to name without `*` as well. */
  readonly required?: readonly string[];
  /** Claims that bind a rule to a workflow file at a commit, branch or tag: `path@ref`. */
  readonly workflowRefs: readonly string[];
  /** Claims that the audit log keeps: which job of which project, at which commit, started by whom. */
  readonly recorded: readonly string[];
  /** Of these, what people call the project, and the job in it: for labels, and for finding rows. */
  readonly project: string;
  readonly job: readonly string[];
  /** What the service's audit log calls the same: see `stash/keys.ts`. */
  readonly origin: Readonly<Record<string, string>>;
  /** The claim that numbers a job, where a job has one token with one audience, however often it asks. */
  readonly jobId?: string;
}

export interface Identity {
  readonly claims: readonly string[];
  /** An organisation has many projects, so only a workflow file, and no branch, says enough. */
  readonly needsWorkflow?: boolean;
}

const github: IssuerClaims = {
  // docs.github.com, OpenID Connect reference, "Custom claims provided by GitHub".
  known: [
    ...["repository", "repository_id", "repository_owner", "repository_owner_id", "repository_visibility"],
    ...["actor", "actor_id", "event_name", "ref", "ref_type", "ref_protected", "base_ref", "head_ref", "sha"],
    ...["workflow", "workflow_ref", "workflow_sha", "job_workflow_ref", "job_workflow_sha"],
    ...["environment", "environment_node_id", "run_id", "run_number", "run_attempt", "runner_environment"],
    ...["check_run_id", "enterprise", "enterprise_id"],
  ],
  identities: [{ claims: ["repository_id"] }, { claims: ["repository_owner_id"], needsWorkflow: true }],
  refs: [["ref"]],
  workflowRefs: ["job_workflow_ref"],
  recorded: [
    ...["repository", "repository_id", "repository_owner_id", "ref", "sha", "event_name", "environment"],
    ...["workflow", "job_workflow_ref", "run_id", "run_number", "run_attempt", "actor", "actor_id"],
  ],
  project: "repository",
  job: ["workflow", "run_number"],
  origin: {
    repository: "repository",
    ref: "ref",
    sha: "sha",
    run_id: "run_id",
    actor: "actor",
    event: "event_name",
  },
};

const gitlab: IssuerClaims = {
  // docs.gitlab.com, "OpenID Connect (OIDC) Authentication Using ID Tokens", "Token payload".
  known: [
    ...["namespace_id", "namespace_path", "project_id", "project_path", "project_visibility"],
    ...["job_project_id", "job_project_path", "job_namespace_id", "job_namespace_path"],
    ...["user_id", "user_login", "user_email", "user_access_level", "groups_direct"],
    ...[
      "pipeline_id",
      "pipeline_source",
      "job_id",
      "job_source",
      "sha",
      "ci_config_ref_uri",
      "ci_config_sha",
    ],
    ...["ref", "ref_type", "ref_path", "ref_protected", "runner_id", "runner_environment"],
    ...["environment", "environment_protected", "environment_action", "deployment_tier"],
  ],
  identities: [{ claims: ["project_id"] }],
  // A tag can have the name of a branch.
  refs: [["ref_path"], ["ref", "ref_type"]],
  workflowRefs: ["ci_config_ref_uri"],
  recorded: [
    ...["project_path", "project_id", "namespace_id", "job_project_id", "ref_path", "ref_protected", "sha"],
    ...[
      "pipeline_source",
      "environment",
      "pipeline_id",
      "job_id",
      "user_login",
      "user_id",
      "ci_config_ref_uri",
    ],
  ],
  project: "project_path",
  job: ["job_id"],
  origin: {
    ...{ repository: "project_path", ref: "ref_path", sha: "sha", run_id: "job_id" },
    ...{ actor: "user_login", event: "pipeline_source" },
  },
  jobId: "job_id",
};

const circleci: IssuerClaims = {
  // circleci.com/docs, "Using OpenID Connect tokens in jobs", "Format of the OpenID Connect ID token".
  known: [
    "project-id",
    "org-id",
    "context-ids",
    "vcs-origin",
    "vcs-ref",
    "ssh-rerun",
    "job-id",
    "pipeline-id",
    "workflow-id",
  ].map((name) => `oidc.circleci.com/${name}`),
  identities: [{ claims: ["oidc.circleci.com/project-id"] }],
  refs: [["oidc.circleci.com/vcs-ref"]],
  // Pull requests from forks can get tokens of the project, with the fork's branches (the same page, "vcs-origin").
  required: ["oidc.circleci.com/vcs-origin"],
  workflowRefs: [],
  recorded: ["project-id", "org-id", "vcs-origin", "vcs-ref", "job-id", "pipeline-id", "workflow-id"].map(
    (name) => `oidc.circleci.com/${name}`,
  ),
  project: "oidc.circleci.com/vcs-origin",
  job: ["oidc.circleci.com/job-id"],
  origin: {
    repository: "oidc.circleci.com/vcs-origin",
    ref: "oidc.circleci.com/vcs-ref",
    run_id: "oidc.circleci.com/job-id",
  },
};

const buildkite: IssuerClaims = {
  // buildkite.com/docs/agent/cli/reference/oidc, "Claims" and "Optional claims".
  known: [
    ...["organization_slug", "organization_id", "pipeline_slug", "pipeline_id", "cluster_id", "cluster_name"],
    ...["build_number", "build_branch", "build_tag", "build_commit", "build_source", "step_key", "job_id"],
    ...["agent_id", "queue_id", "queue_key", "runner_environment"],
  ],
  identities: [{ claims: ["organization_id", "pipeline_id"] }],
  refs: [["build_branch"], ["build_tag"]],
  workflowRefs: [],
  recorded: [
    ...[
      "organization_slug",
      "organization_id",
      "pipeline_slug",
      "pipeline_id",
      "build_number",
      "build_branch",
    ],
    ...["build_tag", "build_commit", "step_key", "job_id", "agent_id"],
  ],
  project: "pipeline_slug",
  job: ["build_number", "step_key"],
  origin: {
    repository: "pipeline_slug",
    ref: "build_branch",
    sha: "build_commit",
    run_id: "job_id",
    event: "build_source",
  },
};

export const issuerClaims: Readonly<Record<IssuerType, IssuerClaims>> = {
  github,
  gitlab,
  circleci,
  buildkite,
};

/** Claims that are lists. One element that matches is enough; a list anywhere else matches nothing. */
export const listClaims: readonly string[] = ["groups_direct", "oidc.circleci.com/context-ids"];

/** Claims in which a rule may have `*`: those that name branches, tags and files at one. */
export function mayHaveWildcard(claim: string): boolean {
  return claim === "ref" || claim === "ref_path" || claim.endsWith("_ref");
}
