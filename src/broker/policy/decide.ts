import { BrokerError } from "../broker-error.ts";
import type { IssuerType } from "./claims.ts";
import { pinName } from "./config.ts";
import type { Rule } from "./rule.ts";
import { type Claims, judge, nearest, type Verdict } from "./verdict.ts";

/** An environment that a job asks for. It may leave the application out where only one is possible. */
export interface Wanted {
  application?: string | undefined;
  slug: string;
}

/** What a rule grants of what was asked. */
export interface Granted {
  application: string;
  slug: string;
  rule: Rule;
}

export interface Job {
  /** the issuer's name in the policy */
  issuer: string;
  type: IssuerType;
  /** of a verified token */
  claims: Claims;
}

/**
 * Decides about each environment by itself: it is granted, whole, by the first rule that matches and names it. Rules are never added up.
 *
 * @throws {BrokerError} `policy_refused`, if one of them is not granted: then nothing is
 */
export function decide(
  rules: readonly Rule[],
  { issuer, type, claims }: Job,
  wanted: readonly Wanted[],
): Granted[] {
  const verdicts = judge(rules, issuer, type, claims);
  const granted = wanted.map(({ application, slug }): Granted => {
    const fitting = verdicts.filter(
      ({ rule }) =>
        rule.grant.environments.includes(slug) &&
        rule.grant.application === (application ?? rule.grant.application),
    );
    const matching = fitting.filter(({ isMatch }) => isMatch).map(({ rule }) => rule);
    const [rule] = matching;
    if (rule === undefined) throw refused(slug, nearest(fitting));
    const applications = new Set(matching.map((match) => match.grant.application));
    if (applications.size > 1) {
      throw new BrokerError(
        "policy_refused",
        `Rules grant this job ${quote(slug)} of several applications (${[...applications].join(", ")}). Set application-id to choose one.`,
      );
    }
    return { application: rule.grant.application, slug, rule };
  });
  if (new Set(granted.map(pinName)).size !== granted.length) {
    throw new BrokerError(
      "request_invalid",
      "The request names one environment twice, with and without its application.",
    );
  }
  return granted;
}

function refused(slug: string, closest: Verdict | undefined): BrokerError {
  const why = closest === undefined ? "No rule for this CI system names it." : explainRefusal(closest);
  const rule = closest?.rule.name;
  return new BrokerError(
    "policy_refused",
    `No rule grants ${quote(slug)} to this job. ${why}`,
    rule === undefined ? {} : { rule },
  );
}

/** What keeps a token from what a rule grants, in one sentence: the first claim, or what the broker refuses of its own. */
function explainRefusal({ rule, conditions, refusal }: Verdict): string {
  if (refusal !== undefined) return `Rule ${rule.name}: ${refusal}.`;
  const unmet = conditions.filter(({ isMet }) => !isMet);
  const told = unmet.map(
    ({ claim, wanted, got }) =>
      `${claim} is ${got === undefined ? "missing" : quote(got)}, and it wants ${wanted.map(quote).join(" or ")}`,
  );
  return `The nearest rule is ${rule.name}: ${told.join("; ")}.`;
}

/** What every rule says to a token, claim by claim, for people who write policies. */
export function explain(rules: readonly Rule[], { issuer, type, claims }: Job): string[] {
  return judge(rules, issuer, type, claims).flatMap(({ rule, conditions, refusal, isMatch }) => {
    const { application, environments, variables } = rule.grant;
    const what = `${environments.join(", ")} of ${application}${variables === undefined ? "" : `, only ${variables}`}`;
    return [
      isMatch ? `${rule.name}: matches, and grants ${what}` : `${rule.name}: does not match`,
      ...conditions.map(
        ({ claim, wanted, got, isMet }) =>
          `  ${isMet ? "yes" : "no "} ${claim}: ${got === undefined ? "missing" : quote(got)}, wanted ${wanted.map(quote).join(" or ")}`,
      ),
      ...(refusal === undefined ? [] : [`  no  ${refusal}`]),
    ];
  });
}

/** Claims are written by whoever names a branch: nothing in them may pass for our words, or for the end of a line. */
function quote(text: string): string {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return JSON.stringify(shown).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}
