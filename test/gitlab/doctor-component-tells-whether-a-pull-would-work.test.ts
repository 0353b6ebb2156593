import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { startSession } from "../support/session.ts";
import { instantiate } from "./job.ts";

test.each([
  ["would", {}, 0, "A pull would work."],
  ["would not", { SECRET_STASH_API_TOKEN: "wrong" }, 1, "[TOKEN_REFUSED]"],
])("one that %s work", async (_, changes, code, said) => {
  const session = await startSession();
  const [job] = Object.values(instantiate("doctor", { "bundle-path": join(actionRoot, "dist") }));
  const inputs = Object.entries(session.inputs).map(([name, value]) => [
    `SECRET_STASH_${name.replaceAll("-", "_").toUpperCase()}`,
    value,
  ]);
  const child = spawn("sh", ["-e", "-c", job?.script?.join("\n") ?? "exit 9"], {
    env: {
      PATH: process.env.PATH ?? "",
      GITLAB_CI: "true",
      TMPDIR: session.job.temp,
      ...Object.fromEntries(inputs),
      ...changes,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const status = await new Promise((closed) => child.once("close", closed));
  expect({ status, output }).toEqual({ status: code, output: expect.stringContaining(said) });
  expect(session.leftInTemp()).toEqual([]);
});
