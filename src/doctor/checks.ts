import { describeError, type ErrorCode, StashError } from "../lib/errors.ts";

/** One thing to look at, and what came of it. */
export interface Finding {
  check: string;
  /** `skipped`: an earlier check must be mended first */
  state: "fine" | "wrong" | "skipped";
  /** what is there; or what happened, the likely cause and the remedy */
  detail: string;
  /** of what is wrong; a fault of our own has none, and tells all in `detail` */
  code?: ErrorCode;
}

export interface Check {
  check: string;
  /** @returns what is there; throws a StashError for what is wrong */
  look: () => string | Promise<string>;
}

/** Looks at one thing after another, as long as each is fine: what follows builds on it. */
export async function lookAt(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { check, look } of checks) {
    const wrong = findings.find(({ state }) => state !== "fine");
    findings.push(
      wrong === undefined
        ? await lookAtOne({ check, look })
        : { check, state: "skipped", detail: `not looked at, because of: ${wrong.check}` },
    );
  }
  return findings;
}

/** Looks at things that do not depend on each other. */
export async function lookAtEach(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) findings.push(await lookAtOne(check));
  return findings;
}

async function lookAtOne({ check, look }: Check): Promise<Finding> {
  try {
    return { check, state: "fine", detail: await look() };
  } catch (error) {
    return wrongFinding(check, error);
  }
}

export function wrongFinding(check: string, error: unknown): Finding {
  return error instanceof StashError
    ? { check, state: "wrong", detail: error.message, code: error.code }
    : { check, state: "wrong", detail: describeError(error).message };
}
