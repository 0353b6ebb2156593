import { createGitHubHost, failStep } from "../ci/github.ts";
import { describeError, StashError } from "../lib/errors.ts";
import { surviveOutputErrors } from "../lib/output.ts";
import { takeEnvironment } from "../lib/own-environment.ts";
import { cleanUp } from "../session/end.ts";

// The post step never fails a job for what happens after its work was done, except for a leak if the job asks for that. It is a bundle of
// its own for the same reason as pre.

surviveOutputErrors();
const host = createGitHubHost(takeEnvironment(process.env).environment, new AbortController().signal); // The runner lets post run after a cancelled job.
await cleanUp(host).catch((error) => {
  if (error instanceof StashError && error.code === "LEAK_FOUND") failStep(error);
  else host.log.warn(describeError(error).message);
});
