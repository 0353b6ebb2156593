import { type IssuerType, issuerClaims } from "../policy/claims.ts";
import { type Claims, textsOf } from "../policy/verdict.ts";

const MAX_TEXT = 200;

/** What a token says of its job, for the audit log and for the label of a registered key. */
export interface JobDescription {
  /** by the claims' names */
  facts: Record<string, string>;
  project: string;
  label: string;
}

/** Of a verified token only: whoever starts a job writes some of these texts, but not who is said to have started it. */
export function describeJob(type: IssuerType, claims: Claims): JobDescription {
  const { recorded, project, job } = issuerClaims[type];
  const textOf = (claim: string) => cut(textsOf(claims, claim).join(", "));
  const facts = Object.fromEntries(
    recorded.map((claim) => [claim, textOf(claim)] as const).filter(([, text]) => text !== ""),
  );
  const name = [project, ...job].map(textOf).filter(Boolean).join(" ");
  return { facts, project: textOf(project), label: `CI/CD Temporary Key (${cut(name)})` };
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
