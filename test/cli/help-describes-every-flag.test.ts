import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { helpOn } from "../../src/cli/help.ts";
import { inputDescriptions } from "../../src/inputs/descriptions.ts";
import { startCliSession } from "../support/cli.ts";

test("each command's help has a description for each of its flags", async () => {
  for (const [name, { load }] of Object.entries(commands)) {
    const text = await helpOn(name);
    expect(text).toMatch(/^usage: secret-stash-ci /);
    for (const flag of Object.keys((await load()).flags)) {
      expect(text, `${name} --${flag}`).toMatch(new RegExp(`^ {2}--${flag}( \\S+)?\\n {6}\\S`, "m"));
    }
  }
});

test("the description of an input is the one in action.yml", async () => {
  const text = (await helpOn("pull")).replaceAll(/\n {6}/g, " ");
  expect(text).toContain(`--ttl VALUE ${inputDescriptions.ttl}`);
});

test("help goes to stdout with exit code 0, for a command, for all, and in every spelling", async () => {
  const { run } = await startCliSession();
  for (const args of [
    ["exec", "--help"],
    ["exec", "-h"],
    ["help", "exec"],
  ]) {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("usage: secret-stash-ci exec [INPUTS] -- CMD ARGS");
  }
  for (const args of [[], ["--help"], ["help"], ["help", "nothing-of-the-kind"]]) {
    expect((await run(args)).stdout).toContain("usage: secret-stash-ci COMMAND [FLAGS]");
  }
});

test("a flag or a command that is nearly right is named, with the one that was meant", async () => {
  const { run } = await startCliSession();
  const flag = await run(["pull", "--enviroment", "ci"]);
  expect(flag.code).toBe(2);
  expect(flag.stderr).toContain("pull has no flag --enviroment. Did you mean --environment?");
  const command = await run(["cleanup"]);
  expect(command.code).toBe(2);
  expect(command.stderr).toContain("There is no command cleanup. Did you mean clean-up?");
  const neither = await run(["frobnicate"]);
  expect(neither.stderr).toContain("There is no command frobnicate. See:");
});
