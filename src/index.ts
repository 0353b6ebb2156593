import { describeError } from "./errors.ts";
import { createGitHubHost } from "./host/github.ts";
import * as cleanUpStory from "./run/clean-up.ts";
import * as pullStory from "./run/pull.ts";

/** The main stage of the GitHub Action. */
export async function pull(): Promise<void> {
  const host = createGitHubHost(process.env);
  await pullStory.pull(host).catch(host.fail);
  // What a command of `run` left in the background may hold our pipes open. The step is over all the same, once all is written.
  await new Promise((written) => process.stdout.write("", written));
  process.exit();
}

/** The post stage: a job is never failed for what it did after its work was done. */
export async function cleanUp(): Promise<void> {
  const host = createGitHubHost(process.env);
  await cleanUpStory.cleanUp(host).catch((error) => host.warn(describeError(error).message));
}
