import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { makeProject, runPipeline } from "./local-pipeline.ts";

// gitlab-ci-local holds GitLab's own schema, and refuses what does not pass it.

const read = (page: string) => readFileSync(join(actionRoot, page), "utf8");
const examples = ["README.md", "docs/gitlab.md"]
  .flatMap((page) => Array.from(read(page).matchAll(/^```yaml\n(.*?)^```$/gms), ([, block = ""]) => block))
  .filter((block) => /^include:/m.test(block))
  .map((block) =>
    block.replaceAll(
      /component: \$CI_SERVER_FQDN\/group\/secret-stash-action\/([\w-]+)@1/g,
      "local: templates/$1/template.yml",
    ),
  );
const isMissing = spawnSync("rsync", ["--version"]).error !== undefined;

describe.skipIf(isMissing)("under gitlab-ci-local (needs rsync)", () => {
  test.each([...examples, read(".gitlab-ci.yml")].map((text, index) => [index + 1, text] as const))(
    "example %i",
    async (_, pipeline) => {
      expect(await list(pipeline)).toMatchObject({ code: 0 });
    },
  );

  test("negative control: an unknown keyword is refused", async () => {
    const { code, log } = await list('job:\n  script: ["true"]\n  release: { tag: v1 }\n');
    expect({ code, log }).toEqual({ code: 1, log: expect.stringContaining("release") });
  });
});

async function list(pipeline: string): Promise<{ code: number; log: string }> {
  const folder = mkdtempSync(join(tmpdir(), "schema-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  makeProject(join(folder, "project"), pipeline);
  return runPipeline(join(folder, "project"), ["--list"], {});
}
