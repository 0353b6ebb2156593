import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";

// Found after the 22: in a temp directory that every user may write to, and that has no sticky bit, another user can rename the session
// directory and put one with a `variables.sh` of their own in its place.

test("such a temp directory is refused, before and after the pull", async () => {
  const { run, job, left } = await startCliSession();
  const temp = join(job.temp, "tmp");
  chmodSync(temp, 0o777);
  expect((await run(["pull"])).stderr).toMatch(
    /cannot be created \(OPEN_TO_OTHERS\)\. .*\[SESSION_DIRECTORY_FAILED\]/,
  );
  expect(left()).toEqual([]);
  chmodSync(temp, 0o1777);
  expect((await run(["pull"])).code).toBe(0); // control
  chmodSync(temp, 0o777);
  const environment = { SECRET_STASH_SESSION_DIR: join(temp, left()[0] ?? "") };
  expect((await run(["mask"], { environment, input: "x" })).stderr).toMatch(/every user could replace it/);
});
