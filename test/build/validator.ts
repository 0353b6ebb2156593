import { createRequire } from "node:module";

// The checker is WebAssembly for CommonJS, and older than the runner. What it does not know yet is removed first.

interface Verdict {
  errors: object[];
}

const checker = createRequire(import.meta.url)("@action-validator/core") as {
  validateAction(yaml: string): Verdict;
  validateWorkflow(yaml: string): Verdict;
};

export function validateAction(yaml: string): Verdict {
  return checker.validateAction(asTheCheckerKnowsIt(yaml));
}

export function validateWorkflow(yaml: string): Verdict {
  return checker.validateWorkflow(asTheCheckerKnowsIt(yaml));
}

function asTheCheckerKnowsIt(yaml: string): string {
  return yaml.replace("using: node24", "using: node20").replace(/^ *attestations: write.*\n/m, "");
}
