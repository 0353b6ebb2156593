import type { IssuerType } from "./claims.ts";
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

/** Events that run, or can run, what somebody else has written. A rule has to name them. */
const foreignEvents = ["pull_request", "pull_request_target", "workflow_run"];

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

/** Why a token of a job that may run foreign code is refused, unless the rule names the event or the project. */
function refuseForeign({ when }: Rule, type: IssuerType, claims: Claims): string | undefined {
  if (type === "github") {
    const [event = ""] = textsOf(claims, "event_name");
    if (!foreignEvents.includes(event) || when.has("event_name")) return undefined;
    return `event_name is ${event}, which can run what others wrote. A rule has to name it`;
  }
  if (type !== "gitlab") return undefined;
  const [project] = textsOf(claims, "project_id");
  const [jobProject] = textsOf(claims, "job_project_id");
  // In a fork's pipeline, project_id is the fork's (docs.gitlab.com, "Token payload").
  if (jobProject !== undefined) {
    if (jobProject === project || when.has("job_project_id")) return undefined;
    return "job_project_id is not project_id: the pipeline is a fork's. A rule has to name job_project_id";
  }
  if (!textsOf(claims, "pipeline_source").includes("merge_request_event") || when.has("pipeline_source"))
    return undefined;
  return "pipeline_source is merge_request_event, which can be a fork's. A rule has to name it";
}

/** The rule whose conditions a token meets best, for an error that says what to change. */
export function nearest(verdicts: readonly Verdict[]): Verdict | undefined {
  const met = ({ conditions }: Verdict) => conditions.filter(({ isMet }) => isMet).length / conditions.length;
  return verdicts.toSorted((a, b) => met(b) - met(a))[0];
}

/** A claim as texts: the elements of a list, the text of a number or a truth value. Nothing else can be compared. */
function textsOf(claims: Claims, claim: string): string[] {
  if (!Object.hasOwn(claims, claim)) return [];
  const value = claims[claim];
  const texts = Array.isArray(value) ? value : [value];
  return texts.flatMap((text) =>
    typeof text === "string" || typeof text === "number" || typeof text === "boolean" ? [String(text)] : [],
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
