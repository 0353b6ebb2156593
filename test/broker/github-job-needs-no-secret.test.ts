import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { type BrokerProcess, startBrokerFor, usualRules } from "../support/broker.ts";
import { type Session, startSession } from "../support/session.ts";

async function startJob(options: Parameters<typeof startSession>[0] = {}, grant = "") {
  const session = await startSession(options);
  const { gitHub, broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
    onEnd: onTestFinished,
    rules: usualRules(session.account, grant),
  });
  const step = (inputs: Record<string, string> = {}, claims: Record<string, unknown> = {}) =>
    session.job.uses(
      { "broker-url": broker.url, environment: session.account.environment, ...inputs },
      gitHub.gitHubJob(claims),
    );
  return { ...session, gitHub, broker, step };
}

/** What jobs asked the broker for, by its audit log. */
function decisions(broker: BrokerProcess): string[] {
  return broker.rows().map(({ decision }) => String(decision));
}

const left = ({ job }: Session) => readdirSync(job.temp);

test("the job has its variables, masked, by one request to the broker, and post makes one more", async () => {
  const started = await startJob({
    variables: { API_KEY: "plain-secret-value", PEM: "line one of a key\nline two of a key", EMPTY: "" },
  });
  const { job, broker, gitHub, account, server } = started;
  const step = started.step({ "env-file": ".env", "leak-check": "fail", outputs: "true", summary: "true" });
  expect(await step.pre()).toBe(0);
  expect(await step.main()).toBe(0);
  expect(job.environment.get("API_KEY")).toBe("plain-secret-value");
  expect(job.environment.get("EMPTY")).toBe("");
  expect(readFileSync(join(job.workspace, ".env"), "utf8")).toContain("plain-secret-value");
  expect(await job.run('echo "$API_KEY"; echo "$PEM"; printf %s "$API_KEY" | base64')).toBe(0);
  expect(await step.post()).toBe(0);

  const log = job.log.lines.join("\n");
  expect(log).not.toMatch(/plain-secret-value|line one|line two/);
  expect(log).toContain("The key broker gave the temporary key of this job access");
  expect(log).toContain("SecretStash: the temporary key is gone.");
  expect(left(started)).toEqual([]);
  expect(readdirSync(job.workspace)).toEqual([]);
  expect(decisions(broker)).toEqual(["granted", "released"]);
  expect(gitHub.requests.filter((url) => url.startsWith("/job/"))).toHaveLength(1);
  // Only the broker, which has the token, can ask SecretStash. It registers nothing.
  expect(started.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);
  expect(server.store.listKeys()).toHaveLength(2);
  expect(step.outputs.get("device-key-id")).toBeUndefined();
  expect(step.outputs.get("count")).toBe("3");
  expect(step.outputs.get("environment-type")).toBe("testing");
  expect(job.environment.has("SECRET_STASH_KEY_DIR")).toBe(false);
  expect(broker.rows()[0]).toMatchObject({
    rule: "deploy",
    project: "acme/app",
    variables: 3,
    environments: [account.environment],
  });
});

test("the OIDC token and the release are masked before anything is said, and stand nowhere", async () => {
  const { step, job, broker } = await startJob();
  const used = step({ "leak-check": "off" });
  expect(await used.main()).toBe(0);
  const masks = job.log.raw.filter((line) => line.startsWith("::add-mask::"));
  const isMasked = (pattern: RegExp) =>
    masks.findIndex((line) => pattern.test(line.slice("::add-mask::".length)));
  const [token, release] = [isMasked(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/), isMasked(/^[\w-]{43}$/)];
  expect(token).toBeGreaterThanOrEqual(0);
  expect(release).toBeGreaterThanOrEqual(0);
  const said = job.log.raw.findIndex(
    (line) => line !== "" && !line.startsWith("::add-mask::") && !line.startsWith("::debug::"),
  );
  expect(job.log.raw.indexOf(masks[token] ?? "")).toBeLessThan(said);
  expect(job.log.raw.indexOf(masks[release] ?? "")).toBeLessThan(said);
  const shown = job.log.lines.join("\n") + JSON.stringify(broker.rows()) + broker.said();
  expect(shown).not.toMatch(/eyJ[\w-]{20,}\.eyJ/);
  await used.post();
});

test("run: the command gets the variables, and the grant ends with it", async () => {
  const { step, job, broker } = await startJob();
  const used = step({ run: 'echo "it is $API_KEY" >seen; env | grep -c "^INPUT_\\|^STATE_" >>seen || true' });
  expect(await used.main()).toBe(0);
  expect(readFileSync(join(job.workspace, "seen"), "utf8")).toBe("it is plain-secret-value\n0\n");
  expect(decisions(broker)).toEqual(["granted", "released"]);
  expect(await used.post()).toBe(0);
  expect(job.log.lines.at(-1)).toBe("SecretStash: nothing to clean up.");
});

test("register: the job's key is registered, named by its claims, and post deletes it", async () => {
  const started = await startJob({}, ", register: true");
  const { step, job, server } = started;
  const used = step();
  expect(await used.main()).toBe(0);
  const registered = server.store.listKeys().find(({ expires_at }) => expires_at !== null);
  expect(registered?.label).toBe("CI/CD Temporary Key (acme/app deploy 10)");
  expect(used.outputs.get("device-key-id")).toBe(String(registered?.id));
  expect(job.environment.get("SECRET_STASH_KEY_DIR")).toBeDefined();
  const directory = job.environment.get("SECRET_STASH_KEY_DIR") ?? "";
  expect(JSON.parse(readFileSync(join(directory, "device.json"), "utf8"))).toMatchObject({
    device_key_id: registered?.id,
  });
  expect(await used.post()).toBe(0);
  expect(server.store.listKeys().filter(({ expires_at }) => expires_at !== null)).toEqual([]);
  expect(left(started)).toEqual([]);
});

test("several environments, of which one is named with its application; types and fingerprints are checked", async () => {
  const { step, job, account } = await startJob();
  const used = step({ environment: `${account.applicationId}/ci`, "environment-types": "production" });
  expect(await used.main()).toBe(1);
  expect(job.log.annotations.at(-1)?.message).toContain("[ENVIRONMENT_TYPE_REFUSED]");
  const pinned = step({ "dek-fingerprint": "0".repeat(64) });
  expect(await pinned.main()).toBe(1);
  expect(job.log.annotations.at(-1)?.message).toContain("[DEK_REFUSED]");
  expect(job.environment.size).toBe(0);
});

test("a leak is found, and fails the job after the grant has ended", async () => {
  const { step, job, broker } = await startJob();
  const used = step({ "leak-check": "fail" });
  expect(await used.main()).toBe(0);
  writeFileSync(join(job.workspace, "report.txt"), "plain-secret-value\n");
  expect(await used.post()).toBe(1);
  expect(job.log.annotations.at(-1)?.message).toContain("[LEAK_FOUND]");
  expect(decisions(broker)).toEqual(["granted", "released"]);
});

describe("refused, with nothing exported and nothing left", () => {
  const fails = async (
    started: Awaited<ReturnType<typeof startJob>>,
    inputs: Record<string, string>,
    claims: Record<string, unknown> = {},
  ) => {
    const used = started.step(inputs, claims);
    expect(await used.main()).toBe(1);
    const message =
      started.job.log.annotations.filter(({ level }) => level === "error").at(-1)?.message ?? "";
    expect(started.job.environment.size).toBe(0);
    expect(await used.post()).toBe(0);
    expect(left(started)).toEqual([]);
    expect(message).not.toMatch(/eyJ[\w-]{20}/);
    return message;
  };

  test("another branch: the message says which claim of which rule", async () => {
    const message = await fails(await startJob(), {}, { ref: "refs/heads/feature" });
    expect(message).toMatch(
      /The nearest rule is deploy: ref is "refs\/heads\/feature", and it wants "refs\/heads\/main"\..*\[POLICY_REFUSED\]/s,
    );
    expect(message).toContain("secret-stash-ci broker check");
  });

  test("an environment that no rule names", async () => {
    const message = await fails(await startJob(), { environment: "production" });
    expect(message).toContain('No rule grants "production" to this job');
    expect(message).toContain("[POLICY_REFUSED]");
  });

  test("a broker that calls itself something else", async () => {
    const started = await startJob();
    const message = await fails(started, {
      "broker-url": started.broker.url.replace("127.0.0.1", "localhost"),
    });
    expect(message).toContain("[AUDIENCE_REFUSED]");
    expect(message).toContain("broker-url has to be what the broker's policy calls audience");
  });

  test("a clock that is wrong", async () => {
    const now = Math.floor(Date.now() / 1000);
    const message = await fails(await startJob(), {}, { iat: now + 600, exp: now + 900, nbf: now });
    expect(message).toMatch(/from the future.*\[CLOCK_WRONG\]/s);
  });

  test("a token that has no place here", async () => {
    const message = await fails(await startJob(), {}, { iss: "https://token.example" });
    expect(message).toMatch(/its issuer is not one of the policy's.*\[ID_TOKEN_REFUSED\]/s);
  });

  test("a broker that is down", async () => {
    const started = await startJob();
    await started.broker.stop();
    const message = await fails(started, { timeout: "30" });
    expect(message).toMatch(
      /The key broker at 127\.0\.0\.1:\d+ (cannot be reached|did not answer).*\[BROKER_UNAVAILABLE\]/s,
    );
  });

  test("a broker with a token or a key beside it", async () => {
    const { account, ...started } = await startJob();
    const used = started.step({
      "api-token": account.apiToken,
      "grant-key": started.inputs["grant-key"] ?? "",
    });
    expect(await used.main()).toBe(1);
    const message = started.job.log.annotations.at(-1)?.message ?? "";
    expect(message).toMatch(
      /broker-url: replaces api-token and grant-key\. Remove api-token and grant-key.*\[INPUTS_INVALID\]/s,
    );
  });

  test("no permission for a token, and in a fork", async () => {
    const session = await startSession();
    const { broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
      onEnd: onTestFinished,
    });
    const inputs = { "broker-url": broker.url, environment: "ci" };
    const step = session.job.uses(inputs);
    expect(await step.main()).toBe(1);
    expect(session.job.log.annotations.at(-1)?.message).toMatch(
      /permissions: \{ id-token: write, contents: read \}.*\[ID_TOKEN_MISSING\]/s,
    );
    // Even a job that goes on without credentials is told.
    expect(await session.job.uses({ ...inputs, "on-missing-credentials": "skip" }).main()).toBe(1);

    const event = join(session.job.temp, "..", "event.json");
    const pull = { head: { repo: { full_name: "fork/app" } }, base: { repo: { full_name: "acme/app" } } };
    writeFileSync(event, JSON.stringify({ pull_request: pull }));
    const fork = { GITHUB_EVENT_NAME: "pull_request", GITHUB_EVENT_PATH: event };
    expect(await session.job.uses(inputs, fork).main()).toBe(1);
    expect(session.job.log.annotations.at(-1)?.message).toMatch(/from a fork.*\[FORK_WITHOUT_ID_TOKEN\]/s);
    const skipping = session.job.uses({ ...inputs, "on-missing-credentials": "skip" }, fork);
    expect(await skipping.main()).toBe(0);
    expect(skipping.outputs.get("available")).toBe("false");
    expect(broker.rows()).toEqual([]);
  });
});

describe("GitHub's address for tokens", () => {
  test("is asked again after what passes: 5xx, 429, a lost connection, a job that it takes for pending", async () => {
    const { step, gitHub } = await startJob();
    gitHub.faults.push(
      { status: 503 },
      "hang up",
      { status: 429, retryAfter: "0" },
      { status: 403, body: JSON.stringify({ message: "Can't issue ID_TOKEN for job in 'Pending' state" }) },
    );
    expect(await step().main()).toBe(0);
    expect(gitHub.requests.filter((url) => url.startsWith("/job/"))).toHaveLength(5);
  });

  test.each([
    [
      "another refusal",
      { status: 403, body: JSON.stringify({ message: "Resource not accessible" }) },
      "it answered 403: Resource not accessible",
    ],
    ["an answer that is not JSON", "not JSON" as const, "its answer holds no token"],
    ["an answer without a token", "no value" as const, "its answer holds no token"],
  ])("%s is final", async (_, fault, words) => {
    const { step, gitHub, job } = await startJob();
    gitHub.faults.push(fault);
    expect(await step().main()).toBe(1);
    expect(job.log.annotations.at(-1)?.message).toContain(words);
    expect(job.log.annotations.at(-1)?.message).toContain("[ID_TOKEN_FAILED]");
    expect(gitHub.requests.filter((url) => url.startsWith("/job/"))).toHaveLength(1);
  });
});
