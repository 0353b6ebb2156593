import { type IssuerType, issuerClaims, mayHaveWildcard } from "./claims.ts";

/** A rule of the policy: which jobs get what. */
export interface Rule {
  name: string;
  issuer: string;
  /** claim -> the texts that it may have */
  when: ReadonlyMap<string, readonly string[]>;
  grant: Grant;
}

export interface Grant {
  application: string;
  environments: readonly string[];
  /** rules of `variables`; without them, the job gets all */
  variables?: string | undefined;
  /** minutes */
  ttl: number;
  /** whether the job's key is registered with the service */
  register: boolean;
  /** how many keys one token may be used with, where the system cannot bind a token to a key */
  keysPerJob: number;
}

/** Why a rule is refused when the policy is loaded: the claim that is wrong, or the rule as a whole. */
export interface RuleFault {
  claim?: string;
  reason: string;
}

/**
 * What is wrong with the conditions of a rule. A rule that is open to more jobs than its author thinks is the usual way to lose a secret, so it
 * is refused when it is loaded, and not when it is used.
 */
export function findFaults(when: Rule["when"], type: IssuerType): RuleFault[] {
  const claims = issuerClaims[type];
  const faults: RuleFault[] = [];
  for (const [claim, texts] of when) {
    if (claim === "sub") {
      faults.push({
        claim,
        reason:
          "sub cannot be used: its format changes and can be customised. Use the claims that it is made of",
      });
    } else if (!claims.known.includes(claim)) {
      faults.push({ claim, reason: `tokens of ${type} have no claim ${claim}` });
    }
    if (texts.length === 0) faults.push({ claim, reason: "the list is empty, so no token would ever match" });
    if (texts.some((text) => text.includes("*")) && !mayHaveWildcard(claim)) {
      faults.push({
        claim,
        reason: "* is allowed only in ref, ref_path and claims that end in _ref",
      });
    }
  }
  if (faults.length > 0) return faults;
  const identity = claims.identities.find((candidate) => candidate.claims.every((claim) => when.has(claim)));
  if (identity === undefined) {
    const ways = claims.identities.map((candidate) => candidate.claims.join(" with ")).join(", or ");
    return [{ reason: `the rule must name a project by a permanent id: ${ways}` }];
  }
  const isExactWorkflow = claims.workflowRefs.some((claim) => isExact(when.get(claim)));
  if (identity.needsWorkflow) {
    const ways = claims.workflowRefs.join(" or ");
    return isExactWorkflow
      ? []
      : [{ reason: `${identity.claims.join(", ")} is open to all of its projects: add an exact ${ways}` }];
  }
  const isBoundToWorkflow = claims.workflowRefs.some((claim) => isFixedAfterAt(when.get(claim)));
  const isBoundToRef = claims.refs.some((names) => names.every((claim) => isExact(when.get(claim))));
  const missing = (claims.required ?? []).filter((claim) => !isExact(when.get(claim)));
  if (missing.length > 0)
    return [{ reason: `the rule is open to forks. Add ${missing.join(" and ")} without *` }];
  if (isBoundToWorkflow || isBoundToRef) return [];
  const ways = [
    ...claims.refs.map((names) => `${names.join(" with ")} without *`),
    ...claims.workflowRefs.map((claim) => `${claim} without * after @`),
  ];
  return [{ reason: `the rule is open to every branch. Add ${ways.join(", or ")}` }];
}

function isExact(texts: readonly string[] | undefined): boolean {
  return texts?.every((text) => text !== "" && !text.includes("*")) ?? false;
}

/** `owner/repo/.github/workflows/deploy.yml@refs/tags/v1`: whoever can push to what is after the `@` decides what runs. */
function isFixedAfterAt(texts: readonly string[] | undefined): boolean {
  return texts?.every((text) => /^[^@]*@[^*]+$/.test(text)) ?? false;
}
