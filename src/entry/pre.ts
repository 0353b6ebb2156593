import { join } from "node:path";
import { describeError } from "../lib/errors.ts";
import { createGitHubHost } from "../ci/github.ts";
import { surviveOutputErrors } from "../lib/output.ts";
import { prepare } from "../key/prepare.ts";

// The pre stage: has the key made while the job does something else. Never fails the job. A bundle of its own (package.json, "build"), an
// eighth of the other's size, because compiling that would take as long as all that happens here.

surviveOutputErrors();
const host = createGitHubHost(process.env, new AbortController().signal);
try {
  prepare(host, join(import.meta.dirname, "prepare-key.js"));
} catch (error) {
  host.warn(describeError(error).message);
}
