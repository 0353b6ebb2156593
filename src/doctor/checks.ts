import { describeError, type ErrorCode, StashError } from "../lib/errors.ts";

/** The result of one check. */
export interface Finding {
  check: string;
  /** `skipped`: an earlier problem has to be solved first */
  state: "fine" | "wrong" | "skipped";
  /** what was found; or what is wrong, the likely cause and the remedy */
  detail: string;
  /** of what is wrong; a bug of ours has none, and `detail` describes it */
  code?: ErrorCode;
}

export interface Check {
  check: string;
  /** @returns what was found; throws a StashError for what is wrong */
  run: () => string | Promise<string>;
}

/** Runs checks that build on each other. After the first one that fails, the others are skipped. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { check, run } of checks) {
    const wrong = findings.find(({ state }) => state !== "fine");
    findings.push(
      wrong === undefined
        ? await runCheck({ check, run })
        : { check, state: "skipped", detail: `skipped, because a check before it failed: ${wrong.check}` },
    );
  }
  return findings;
}

/** Runs checks that do not depend on each other. */
export async function runIndependentChecks(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) findings.push(await runCheck(check));
  return findings;
}

async function runCheck({ check, run }: Check): Promise<Finding> {
  try {
    return { check, state: "fine", detail: await run() };
  } catch (error) {
    return wrongFinding(check, error);
  }
}

export function wrongFinding(check: string, error: unknown): Finding {
  return error instanceof StashError
    ? { check, state: "wrong", detail: error.message, code: error.code }
    : { check, state: "wrong", detail: describeError(error).message };
}
