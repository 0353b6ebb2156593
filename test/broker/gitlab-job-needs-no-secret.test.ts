import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { runGitLabJob } from "../gitlab/job.ts";
import { actionRoot } from "../runner/job.ts";
import { askForGrant, startBrokerFor, usualRules } from "../support/broker.ts";
import { startSession } from "../support/session.ts";

const shells = ["bash", "dash"].filter((shell) => spawnSync(shell, ["-c", ":"]).error === undefined);

async function startJob(grant = "") {
  const session = await startSession();
  const { gitLab, broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
    onEnd: onTestFinished,
    rules: usualRules(session.account, grant),
  });
  const token = gitLab.gitLabToken(broker.url);
  const run = (script: string[], { shell = "bash", inputs = {}, idToken = token } = {}) =>
    runGitLabJob({
      ...{ shell, form: "sub19" as const, script },
      inputs: { environment: session.account.environment, "broker-url": broker.url, ...inputs },
      environment: { SECRET_STASH_ID_TOKEN: idToken },
    });
  const decisions = () =>
    broker.rows().map(({ decision, code }) => `${decision}${code === undefined ? "" : ` ${code}`}`);
  return { ...session, gitLab, broker, token, run, decisions };
}

const exec = (command: string) => `"$SS_NODE" "$SS_INDEX" exec -- sh -c '${command}'`;

test.each(shells)(
  "in %s, the script has its variables, masked, and after_script ends the grant",
  async (shell) => {
    const { run, decisions, token, requests } = await startJob();
    const { code, log, afterLog, left } = await run(
      [
        'echo "the key is $API_KEY"',
        'echo "the token is $SECRET_STASH_ID_TOKEN"',
        'printf %s "$API_KEY" | base64',
        "exit 3",
      ],
      { shell },
    );
    expect(code).toBe(3);
    expect(log).toContain("the key is ***");
    expect(log).toContain("the token is ***");
    expect(log).not.toContain("plain-secret-value");
    expect(log).not.toContain(token);
    expect(afterLog).toContain("the temporary key is gone");
    expect(left).toEqual([]);
    expect(decisions()).toEqual(["granted", "released"]);
    expect(requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]); // by the broker
  },
);

test("the component and an exec in its script share one key, so one token is enough", async () => {
  const { run, decisions } = await startJob();
  const { code, log, left } = await run([exec('echo "in exec: $API_KEY"'), 'echo "after it: $API_KEY"']);
  expect(code).toBe(0);
  expect(log).toContain("in exec: ***");
  expect(log).toContain("after it: ***");
  expect(left).toEqual([]);
  // The exec does not end the grant of the session around it.
  expect(decisions()).toEqual(["granted", "granted", "released"]);
});

describe("two exec in one job, without a session around them", () => {
  const runTwo = async (grant: string) => {
    const { broker, account, job, token, decisions } = await startJob(grant);
    const results = [];
    for (const number of [1, 2]) {
      const { promisify } = await import("node:util");
      const { execFile } = await import("node:child_process");
      const args = [
        join(actionRoot, "dist/index.js"),
        "exec",
        "--",
        "sh",
        "-c",
        `echo "${number}: $API_KEY"`,
      ];
      const environment = {
        ...{
          PATH: process.env.PATH ?? "",
          TMPDIR: job.temp,
          GITLAB_CI: "true",
          CI_PROJECT_DIR: job.workspace,
        },
        ...{ SECRET_STASH_ID_TOKEN: token, SECRET_STASH_BROKER_URL: broker.url },
        SECRET_STASH_ENVIRONMENT: account.environment,
      };
      results.push(
        await promisify(execFile)(process.execPath, args, { env: environment }).catch(
          (error: { stdout: string; stderr: string }) => error,
        ),
      );
    }
    return { texts: results.map(({ stdout, stderr }) => stdout + stderr), decisions: decisions() };
  };

  test("need a rule that allows two keys", async () => {
    const { texts, decisions } = await runTwo(", keys-per-job: 2");
    expect(texts[0]).toContain("1: ***");
    expect(texts[1]).toContain("2: ***");
    expect(decisions).toEqual(["granted", "released", "granted", "released"]);
  });

  test("are told so otherwise", async () => {
    const { texts, decisions } = await runTwo("");
    expect(texts[0]).toContain("1: ***");
    expect(texts[1]).toMatch(/Another key has used this token before.*keys-per-job.*\[ID_TOKEN_USED\]/s);
    expect(decisions).toEqual(["granted", "released", "refused token_taken"]);
  });
});

test("a stolen token is of no use to another key, and the audit log raises an alarm", async () => {
  const { run, broker, token } = await startJob();
  await run(["true"]);
  const stolen = { token, public_key: inject("keys").spareKeys.publicKey, environments: ["ci"] };
  expect(await askForGrant(broker.url, stolen)).toMatchObject({ status: 409, body: { code: "token_taken" } });
  expect(broker.rows().at(-1)).toMatchObject({ decision: "refused", code: "token_taken", isAlarm: true });
});

test("a job without a token is told how to get one, before a key is made", async () => {
  const { run, broker } = await startJob();
  const { code, log, left } = await run(["true"], { idToken: "" });
  expect(code).toBe(3);
  expect(log).toMatch(/id_tokens: \{ SECRET_STASH_ID_TOKEN.*\[ID_TOKEN_MISSING\]/s);
  expect(left).toEqual([]);
  expect(broker.rows()).toEqual([]);
});

test("a token for another address is sent nowhere, whatever names the broker", async () => {
  const { run, gitLab, broker } = await startJob();
  const { log } = await run(["true"], { idToken: gitLab.gitLabToken("https://vault.acme.example") });
  expect(log).toMatch(
    /was not sent to the key broker, because it is for https:\/\/vault\.acme\.example.*\[AUDIENCE_REFUSED\]/s,
  );
  expect(broker.rows()).toEqual([]);
});

test("the token is bound to nothing that an audit log or the store could give away", async () => {
  const { run, broker, token } = await startJob();
  await run(["true"]);
  const { readFileSync } = await import("node:fs");
  const stored = ["broker.db", "broker.db-wal"]
    .map((name) => readFileSync(join(broker.folder, name)).toString("latin1"))
    .join("");
  const texts = stored + JSON.stringify(broker.rows()) + broker.said();
  const [, , signature = ""] = token.split(".");
  for (const secret of [
    token,
    signature,
    "plain-secret-value",
    createHash("sha256").update(token).digest("hex"),
  ]) {
    expect(texts).not.toContain(secret);
  }
});
