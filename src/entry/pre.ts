import { join } from "node:path";
import { createGitHubHost } from "../ci/github.ts";
import { prepareKey } from "../key/prepare.ts";
import { describeError } from "../lib/errors.ts";
import { surviveOutputErrors } from "../lib/output.ts";
import { takeEnvironment } from "../lib/own-environment.ts";

// The pre step starts a process that generates a key while the job does something else. It never fails the job. It is a bundle of its own,
// because compiling the whole would take as long as everything that happens here (docs/decisions/0011).

surviveOutputErrors();
const host = createGitHubHost(takeEnvironment(process.env).environment, new AbortController().signal);
try {
  await prepareKey(host, join(import.meta.dirname, "prepare-key.js"));
} catch (error) {
  host.log.warn(describeError(error).message);
}
