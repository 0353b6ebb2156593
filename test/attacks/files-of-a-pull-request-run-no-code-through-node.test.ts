import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";

// Found after the 22: Node looks for `--env-file` among the arguments of the program, too, and obeys NODE_OPTIONS in the file. A pull request
// can contain a `.env`, which ran beside the token when somebody wrote `pull --env-file .env`.

test("the command line has no flag of that name, says why, and what to write instead", async () => {
  const { run, job } = await startCliSession();
  writeFileSync(join(job.workspace, ".env"), "MINE=1\n");
  for (const command of ["pull", "exec", "doctor"]) {
    const { code, stderr } = await run([command, "--env-file", ".env", "--", "true"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /Node itself reads --env-file, and runs what the file says in NODE_OPTIONS\. Use --write-env-file FILE\. .*\[USAGE\]/,
    );
  }
});

test("--write-env-file runs nothing that is in the file", async () => {
  const { run, job } = await startCliSession();
  const pwned = join(job.workspace, "pwned");
  writeFileSync(
    join(job.workspace, "evil.mjs"),
    `import { writeFileSync } from "node:fs"; writeFileSync("${pwned}", "");`,
  );
  writeFileSync(join(job.workspace, ".env"), "NODE_OPTIONS=--import=./evil.mjs\n");
  expect((await run(["pull", "--write-env-file", ".env"])).code).toBe(0);
  expect(existsSync(pwned)).toBe(false);
  // Control: Node does.
  writeFileSync(join(job.workspace, "program.mjs"), "");
  spawnSync(process.execPath, ["program.mjs", "--env-file", ".env"], { cwd: job.workspace });
  expect(existsSync(pwned)).toBe(true);
});
