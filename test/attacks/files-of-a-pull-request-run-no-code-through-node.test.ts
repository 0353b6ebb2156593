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

test.each(["--experimental-config-file=node.config.json", "--experimental-default-config-file"])(
  "%s, which Node reads even after --, is refused",
  async (flag) => {
    const { run, job } = await startCliSession();
    writeFileSync(join(job.workspace, "node.config.json"), "{}");
    const { code, stderr } = await run(["exec", "--", "node", flag, "app.js"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /Node itself reads --experimental-\S+ among these arguments, and runs what the file says\. .*exec -- sh -c/,
    );
  },
);

test("NODE_DEBUG, with which Node prints values past every mask, is refused", async () => {
  const { run } = await startCliSession();
  for (const name of ["NODE_DEBUG", "NODE_DEBUG_NATIVE"]) {
    const { stderr } = await run(["exec", "--", "true"], { environment: { [name]: "child_process" } });
    expect(stderr).toContain("[DEBUG_TRACE_REFUSED]");
    expect(stderr).not.toContain("plain-secret-value");
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
