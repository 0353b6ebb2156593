import { describeError, StashError } from "../lib/errors.ts";
import { createGitHubHost } from "../ci/github.ts";
import { surviveOutputErrors } from "../lib/output.ts";
import { cleanUp } from "../session/clean-up.ts";

// The post stage: a job is never failed for what it did after its work was done, but for a leak where it asks for that. A bundle of its own
// for the same reason as pre's.

surviveOutputErrors();
const host = createGitHubHost(process.env, new AbortController().signal); // the runner lets post run after a cancelled job
await cleanUp(host).catch((error) => {
  if (error instanceof StashError && error.code === "LEAK_FOUND") host.fail(error);
  else host.warn(describeError(error).message);
});
