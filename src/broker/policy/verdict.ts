import { type IssuerType, listClaims } from "./claims.ts";
import type { Rule } from "./rule.ts";

/** The claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/** One condition of a rule, and whether a token meets it. */
export interface Condition {
  claim: string;
  wanted: readonly string[];
  /** as text; undefined if the token does not have it */
  got: string | undefined;
  isMet: boolean;
}

/** What a rule says to a token. */
export interface Verdict {
  rule: Rule;
  conditions: Condition[];
  /** why the token is refused although every condition is met */
  refusal?: string;
  isMatch: boolean;
}

/** Events on GitHub that run, or can run, what somebody else has written. A rule has to name them. */
const foreignEvents = ["pull_request", "pull_request_target", "workflow_run"];
/** The same on GitLab: `ref` is then the source branch's name, whatever the pipeline runs. */
const foreignSources = ["merge_request_event", "external_pull_request_event"];

/** What each rule of this issuer says to a token. */
export function judge(rules: readonly Rule[], issuer: string, type: IssuerType, claims: Claims): Verdict[] {
  return rules.filter((rule) => rule.issuer === issuer).map((rule) => judgeByRule(rule, type, claims));
}

function judgeByRule(rule: Rule, type: IssuerType, claims: Claims): Verdict {
  const conditions = Array.from(rule.when, ([claim, wanted]) => {
    const got = textsOf(claims, claim);
    const isMet = got.some((text) => wanted.some((pattern) => matches(pattern, text)));
    return { claim, wanted, got: got.length === 0 ? undefined : got.join(", "), isMet };
  });
  const areMet = conditions.every(({ isMet }) => isMet);
  const refusal = areMet ? refuseForeign(rule, type, claims) : undefined;
  return {
    rule,
    conditions,
    ...(refusal !== undefined && { refusal }),
    isMatch: areMet && refusal === undefined,
  };
}

/** Why a token of a job that may run foreign code is refused, unless the rule names what tells it. */
function refuseForeign(rule: Rule, type: IssuerType, claims: Claims): string | undefined {
  if (type === "github") return refuseGitHubEvent(rule, claims);
  if (type === "gitlab") return refuseGitLabPipeline(rule, claims);
  if (type !== "buildkite" || rule.when.has("build_tag")) return undefined;
  // A build of a tag has the tag's name for its branch, too (buildkite.com/docs, "Environment variables", BUILDKITE_BRANCH).
  const [tag = ""] = textsOf(claims, "build_tag");
  return tag === ""
    ? undefined
    : "the build is of a tag, whose name passes for a branch. A rule has to name build_tag";
}

function refuseGitHubEvent({ when }: Rule, claims: Claims): string | undefined {
  const [event, ...others] = textsOf(claims, "event_name");
  if (when.has("event_name")) return undefined;
  if (event === undefined || others.length > 0)
    return "the token does not say which event it is of. A rule has to name event_name";
  return foreignEvents.includes(event)
    ? `event_name is ${event}, which can run what others wrote. A rule has to name it`
    : undefined;
}

function refuseGitLabPipeline({ when }: Rule, claims: Claims): string | undefined {
  const [project] = textsOf(claims, "project_id");
  const [jobProject] = textsOf(claims, "job_project_id");
  // In a fork's pipeline, project_id is the fork's (docs.gitlab.com, "Token payload").
  if (jobProject !== undefined && jobProject !== project && !when.has("job_project_id")) {
    return "job_project_id is not project_id: the pipeline is a fork's. A rule has to name job_project_id";
  }
  if (when.has("pipeline_source")) return undefined;
  const [source] = textsOf(claims, "pipeline_source");
  if (source === undefined)
    return "the token does not say what started the pipeline. A rule has to name pipeline_source";
  if (foreignSources.includes(source)) {
    return `pipeline_source is ${source}, which can run what others wrote. A rule has to name it`;
  }
  // A child pipeline hides what started its parent.
  const isProtected = when.get("ref_protected")?.every((text) => text === "true") ?? false;
  return source === "parent_pipeline" && !isProtected
    ? 'pipeline_source is parent_pipeline, whose parent can be a merge request\'s. A rule has to name it, or ref_protected: "true"'
    : undefined;
}

/** The rule whose conditions a token meets best, for an error that says what to change. */
export function nearest(verdicts: readonly Verdict[]): Verdict | undefined {
  const met = ({ conditions }: Verdict) => conditions.filter(({ isMet }) => isMet).length / conditions.length;
  return verdicts.toSorted((a, b) => met(b) - met(a))[0];
}

/**
 * A claim as texts: a list's elements, where the system has a list there; a whole number, or a truth value. Nothing else can be compared: of a
 * number with a fraction or too many digits, two texts could stand for one value.
 */
export function textsOf(claims: Claims, claim: string): string[] {
  if (!Object.hasOwn(claims, claim)) return [];
  const value = claims[claim];
  const texts = Array.isArray(value) && listClaims.includes(claim) ? value : [value];
  return texts.flatMap((text) =>
    typeof text === "string" || typeof text === "boolean" || Number.isSafeInteger(text) ? [String(text)] : [],
  );
}

/** Whether a text matches a pattern in which `*` stands for any characters but `/`. */
export function matches(pattern: string, text: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  // Each part as far to the left as it goes: that leaves most to the ones behind it.
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0 || text.slice(at, found).includes("/")) return false;
    at = found + part.length;
  }
  const end = text.length - last.length;
  return end >= at && text.endsWith(last) && !text.slice(at, end).includes("/");
}
