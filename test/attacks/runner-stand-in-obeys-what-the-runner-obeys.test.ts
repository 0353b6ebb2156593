import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { startSession } from "../support/session.ts";

// Attack 21: the stand-in said that `::save-state` was disabled. The runner still obeys it (ActionCommandManager.cs), and so an attack went
// unnoticed.

test("::save-state and ::set-output in the output of a stage count", async () => {
  const session = await startSession();
  const step = session.step({
    run: "echo '::save-state name=planted::x%0Ay'; echo '::set-output name=planted::z'",
  });
  expect(await step.main()).toBe(0);
  expect(step.state.get("planted")).toBe("x\ny");
  expect(step.outputs.get("planted")).toBe("z");
  expect(await step.post()).toBe(0);
});

test("::set-env and ::add-path are disabled, and fail the step", async () => {
  const session = await startSession();
  const step = session.step({ run: "echo '::set-env name=PLANTED::x'" });
  expect(await step.main()).toBe(1);
  expect(session.job.log.annotations[0]?.message).toContain("command is disabled");
  expect(session.job.environment.has("PLANTED")).toBe(false);
});

test("GITHUB_ENV cannot overwrite what the runner sets", async () => {
  const session = await startSession();
  await session.job.run(
    'echo "RUNNER_TEMP=/elsewhere" >> "$GITHUB_ENV"; echo "GITHUB_WORKSPACE=/elsewhere" >> "$GITHUB_ENV"',
  );
  await session.job.run('echo "$RUNNER_TEMP $GITHUB_WORKSPACE"');
  expect(session.job.log.lines).toContain(`${session.job.temp} ${session.job.workspace}`);
});

test("this file's own claim: yaml of the action has a post stage, which reads that state", () => {
  expect(parseYaml("post: dist/post.js")).toEqual({ post: "dist/post.js" });
});
