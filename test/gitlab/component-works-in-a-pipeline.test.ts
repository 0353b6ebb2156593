import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { type Account, seedAccount } from "../stash-server/seed.ts";
import { type StashServer, startStashServer } from "../stash-server/server.ts";
import { makeProject, runPipeline } from "./local-pipeline.ts";

const API_KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

const pipeline = (include: string) => `
include:
  - ${include}
    inputs: { environment: ci, bundle-path: "${join(actionRoot, "dist")}", variables: "API_KEY\\nOTHER?" }

by-extends:
  extends: .secret-stash
  script: ['echo "by extends $API_KEY"']

by-reference:
  before_script: ["echo before", !reference [.secret-stash, before_script]]
  script: ['echo "by reference $API_KEY"']
  after_script: [!reference [.secret-stash, after_script]]

failing:
  extends: .secret-stash
  script: ['echo "failing $API_KEY"', "exit 7"]
`;

const isMissing = spawnSync("rsync", ["--version"]).error !== undefined;

describe.skipIf(isMissing)("under gitlab-ci-local (needs rsync)", () => {
  let server: StashServer;
  let account: Account;
  let folder: string;
  beforeAll(async () => {
    server = await startStashServer({ requestsPerMinute: 100_000 });
    const { ownerKeys, grantKeys } = inject("keys");
    account = seedAccount(server.store, {
      ...{ environment: "ci", type: "testing", ownerKeys, grantKeys, variables: { API_KEY } },
    });
    folder = mkdtempSync(join(tmpdir(), "pipeline-"));
    mkdirSync(join(folder, "temp"));
    makeProject(join(folder, "by-path"), pipeline("local: templates/secret-stash/template.yml"));
    makeProject(
      join(folder, "as-component"),
      pipeline("component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/secret-stash@$CI_COMMIT_SHA"),
    );
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (project: string, jobs: string[]) =>
    runPipeline(join(folder, project), jobs, {
      TMPDIR: join(folder, "temp"),
      SECRET_STASH_API_URL: server.url,
      SECRET_STASH_API_TOKEN: account.apiToken,
      SECRET_STASH_APPLICATION_ID: account.applicationId,
      SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${inject("keys").grantKeys.privateKey}`,
    });
  const sessionsLeft = () =>
    readdirSync(join(folder, "temp")).filter((name) => name.startsWith("secret-stash"));

  test.each(["by-path", "as-component"])(
    "included %s: by extends and by !reference, two jobs at once",
    async (project) => {
      const { code, log } = await run(project, ["by-extends", "by-reference"]);
      expect(log).toContain("by extends ***");
      expect(log).toContain("by reference ***");
      expect(log).not.toContain(API_KEY);
      expect(code).toBe(0);
      expect(sessionsLeft()).toEqual([]);
    },
  );

  test("a failing script fails the job, and is cleaned up after", async () => {
    const { code, log } = await run("by-path", ["failing"]);
    expect(log).toContain("failing ***");
    expect(log).toContain("the temporary key is gone");
    expect(code).toBe(1);
    expect(sessionsLeft()).toEqual([]);
    expect(server.store.listKeys().filter(({ expires_at }) => expires_at !== null)).toEqual([]);
  });
});
