import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { type OidcIssuer, startIssuer } from "../oidc-issuer/server.ts";
import { startBroker } from "../support/broker.ts";
import { startCliSession } from "../support/cli.ts";

// CircleCI and Buildkite have no address for tokens: a program of their agents prints one, for the audience that the job names.

const systems = [
  {
    name: "circleci",
    program: "circleci",
    readAudience: 'JSON.parse(args.replace(/^run oidc get --claims /, "")).aud',
    claims: {
      "oidc.circleci.com/project-id": "p-1",
      "oidc.circleci.com/vcs-origin": "github.com/acme/app",
      "oidc.circleci.com/vcs-ref": "refs/heads/main",
    },
  },
  {
    name: "buildkite",
    program: "buildkite-agent",
    readAudience: 'args.replace(/^oidc request-token --audience /, "")',
    claims: { organization_id: "o-1", pipeline_id: "p-1", build_branch: "main" },
  },
];

type System = (typeof systems)[number];

async function startJob({ name, program, readAudience, claims }: System) {
  const session = await startCliSession();
  const { account, server } = session;
  const issuer = await startIssuer();
  const given = `{ application: ${account.applicationId}, environments: [${account.environment}] }`;
  const broker = await startBroker({
    ...{ account, apiUrl: server.url },
    key: { id: account.grantKeyId ?? 0, privateKey: inject("keys").grantKeys.privateKey },
    issuers: { agent: { type: name, url: issuer.url } },
    rules: `  - { name: main, issuer: agent, when: ${JSON.stringify(claims)}, grant: ${given} }`,
  });
  const folder = mkdtempSync(join(tmpdir(), "agent-"));
  onTestFinished(async () => {
    await broker.stop("SIGKILL");
    await issuer.close();
    for (const path of [broker.folder, folder]) rmSync(path, { recursive: true, force: true });
  });
  writeProgram(join(folder, program), readAudience, issuer, claims, join(folder, "environment"));
  const exec = (path: string, environment: Record<string, string> = {}) =>
    session.run(["exec", "--", "sh", "-c", 'echo "the key is $API_KEY"'], {
      environment: {
        ...{ [name.toUpperCase()]: "true", PATH: path, SECRET_STASH_BROKER_URL: broker.url },
        ...{ SECRET_STASH_API_TOKEN: "", SECRET_STASH_GRANT_KEY: "", SECRET_STASH_APPLICATION_ID: "" },
        ...environment,
      },
    });
  const path = `${folder}${delimiter}${process.env.PATH}`;
  return { ...session, broker, folder, exec, path };
}

/** An agent that asks the issuer for the token, as the real ones ask their system, and writes down the names in its environment. */
function writeProgram(
  file: string,
  readAudience: string,
  issuer: OidcIssuer,
  claims: object,
  seen: string,
): void {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = issuer.gitHubJob({
    ...claims,
  });
  writeFileSync(
    file,
    `#!${process.execPath}
const args = process.argv.slice(2).join(" ");
require("node:fs").writeFileSync(${JSON.stringify(seen)}, Object.keys(process.env).join("\\n"));
const audience = encodeURIComponent(${readAudience});
fetch(${JSON.stringify(`${address}&audience=`)} + audience, { headers: { Authorization: "Bearer ${token}" } })
  .then((answer) => answer.json())
  .then(({ value }) => console.log(value));
`,
    { mode: 0o755 },
  );
}

test.each(systems)(
  "$name: a token for this key alone, and none of our variables for the agent",
  async (system) => {
    const { exec, path, broker, folder, left } = await startJob(system);
    const { code, stdout, stderr } = await exec(path, { INPUT_TOKEN: "not-for-agents" });
    expect(stderr).toContain("The key broker gave the temporary key of this job access");
    expect(code).toBe(0);
    expect(stdout).toBe("the key is ***\n");
    expect(broker.rows().map(({ decision }) => decision)).toEqual(["granted", "released"]);
    expect(readFileSync(join(folder, "environment"), "utf8")).not.toMatch(
      /^(INPUT_|SECRET_STASH_(API_TOKEN|GRANT_KEY|ID_TOKEN))/m,
    );
    expect(left()).toEqual([]);
  },
);

test.each(systems)(
  "$name: a program in the workspace is not run, and its absence is explained",
  async (system) => {
    const { exec, job, left } = await startJob(system);
    const planted = join(job.workspace, "bin");
    mkdirSync(planted);
    const trace = join(job.workspace, "planted-was-run");
    writeFileSync(join(planted, system.program), `#!/bin/sh\ntouch '${trace}'\n`, { mode: 0o755 });
    const { code, stderr } = await exec(`${planted}${delimiter}${process.env.PATH}`);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /could not be started \(ENOENT\).*in the PATH, outside the workspace\..*\[ID_TOKEN_FAILED\]/s,
    );
    expect(() => readFileSync(trace)).toThrow("ENOENT");
    expect(left()).toEqual([]);
  },
);

test.each([
  { prints: "exit 7", told: "it ended with exit code 7" },
  { prints: "echo not-a-token-but-secret", told: "what it printed is not a token" },
])("an agent that fails ($told) is named, and what it printed is not", async ({ prints, told }) => {
  const { exec, folder, path } = await startJob(systems[0] as System);
  writeFileSync(join(folder, "circleci"), `#!/bin/sh\n${prints}\n`, { mode: 0o755 });
  const { code, stderr } = await exec(path);
  expect(code).not.toBe(0);
  expect(stderr).toContain(told);
  expect(stderr).not.toContain("not-a-token-but-secret");
});
