import { type IssuerType, issuerClaims } from "../policy/claims.ts";
import { type Claims, textsOf } from "../policy/verdict.ts";

const MAX_TEXT = 200; // Whoever names a branch chooses some of these texts.

/** What a token says of its job, for the audit log and for the label of a registered key. */
export interface JobDescription {
  /** by the claims' names */
  facts: Record<string, string>;
  /** the same in the words of the service's audit log, as far as it has any */
  origin: Record<string, string>;
  project: string;
  label: string;
}

/** Of a verified token only: whoever starts a job writes some of these texts, but not who is said to have started it. */
export function describeJob(type: IssuerType, claims: Claims): JobDescription {
  const { recorded, project, job, origin } = issuerClaims[type];
  const textOf = (claim: string) => cut(textsOf(claims, claim).join(", "));
  const describe = (names: readonly (readonly [string, string])[]) =>
    Object.fromEntries(names.map(([name, claim]) => [name, textOf(claim)]).filter(([, text]) => text !== ""));
  const name = [project, ...job].map(textOf).filter(Boolean).join(" ");
  return {
    facts: describe(recorded.map((claim) => [claim, claim])),
    origin: describe(Object.entries(origin)),
    project: textOf(project),
    label: `CI/CD Temporary Key (${cut(name)})`,
  };
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
