import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { gitHubClaims, newSigningKey, signToken } from "../oidc-issuer/issuer.ts";
import { askForGrant, boundAudience, startBrokerFor, until, usualRules } from "../support/broker.ts";
import { startSession } from "../support/session.ts";

const job = () => inject("keys").spareKeys;
const otherJob = () => inject("keys").recoveryKeys;

async function start(
  options: Partial<Parameters<typeof startBrokerFor>[2]> = {},
  session?: Awaited<ReturnType<typeof startSession>>,
) {
  const started = session ?? (await startSession());
  const { gitHub, gitLab, broker } = await startBrokerFor(started, inject("keys").grantKeys.privateKey, {
    onEnd: onTestFinished,
    ...options,
  });
  const gitHubToken = (claims = {}, key = job()) =>
    gitHub.gitHubToken(boundAudience(broker.url, key.publicKey), claims);
  const good = (changes: object = {}) => ({
    token: gitHubToken(),
    public_key: job().publicKey,
    environments: [started.account.environment],
    ...changes,
  });
  const ask = (changes: object = {}, headers = {}) => askForGrant(broker.url, good(changes), headers);
  return { ...started, gitHub, gitLab, broker, gitHubToken, good, ask };
}

describe("each refusal has its status, its code and its reason, and a request id; the audit log has the same", () => {
  test("what is wrong with a request", async () => {
    const { ask, broker, good, gitHubToken } = await start();
    expect((await ask()).status).toBe(201); // control
    const small = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
      type: "spki",
      format: "pem",
    });
    const e3 = generateKeyPairSync("rsa", { modulusLength: 4096, publicExponent: 3 }).publicKey.export({
      type: "spki",
      format: "pem",
    });
    const der = createPublicKey(job().publicKey).export({ type: "pkcs1", format: "pem" });
    const withKey = (publicKey: string) => ({
      public_key: publicKey,
      token: gitHubToken({}, { ...job(), publicKey }),
    });
    const cases: [object | string, number, string, RegExp][] = [
      ["{", 400, "request_invalid", /not JSON/],
      ["[]", 400, "request_invalid", /token is missing or malformed/],
      [`${"[".repeat(100)}${"]".repeat(100)}`, 400, "request_invalid", /nested too deeply/],
      [`{"token":"a","token":"b"}`, 400, "request_invalid", /occurs twice/],
      [good({ colour: "red" }), 400, "request_invalid", /its top level/],
      [good({ environments: [] }), 400, "request_invalid", /environments/],
      [
        good({ environments: Array.from({ length: 21 }, (_, index) => `e${index}`) }),
        400,
        "request_invalid",
        /environments/,
      ],
      [good({ environments: ["ci", "ci"] }), 400, "request_invalid", /names one environment twice/],
      [good({ environments: ["x".repeat(256)] }), 400, "request_invalid", /environments/],
      [good({ ttl_minutes: 4 }), 400, "request_invalid", /ttl_minutes/],
      [good({ ttl_minutes: 61 }), 400, "request_invalid", /ttl_minutes/],
      [good({ token: 17 }), 400, "request_invalid", /token/],
      [good(withKey(String(small))), 400, "request_invalid", /4096 bits/],
      [good(withKey(String(e3))), 400, "request_invalid", /exponent 65537/],
      [good(withKey(String(der))), 400, "request_invalid", /SPKI/],
      [good(withKey(job().publicKey.replaceAll("\n", "\r\n"))), 400, "request_invalid", /lines of 64/],
      [good(withKey(`${job().publicKey}\n`)), 400, "request_invalid", /lines of 64/],
      [good(withKey(inject("keys").grantKeys.publicKey)), 400, "request_invalid", /the broker's own/],
      [good({ token: "x".repeat(16 * 1024 + 1) }), 401, "token_invalid", /larger than 16 KiB/],
      [
        good({ token: gitHubToken({ ref: "refs/heads/x" }) }),
        403,
        "policy_refused",
        /it wants "refs\/heads\/main"/,
      ],
      [good({ environments: ["production"] }), 403, "policy_refused", /No rule grants "production"/],
    ];
    for (const [body, status, code, reason] of cases) {
      const before = broker.rows().length;
      const answer = await askForGrant(broker.url, body);
      expect([answer.status, answer.body.code], String(reason)).toEqual([status, code]);
      expect(answer.body.message).toMatch(reason);
      expect(answer.headers.get("x-request-id")).toBe(answer.body.request_id);
      const row = await until(() => broker.rows()[before]);
      expect(row).toMatchObject({
        decision: "refused",
        code,
        requestId: answer.body.request_id,
        reason: answer.body.message,
      });
    }
  });

  test("an environment that is named twice, with and without its application", async () => {
    const { ask, account } = await start();
    const environments = ["ci", { application: account.applicationId, slug: "ci" }];
    expect((await ask({ environments })).body).toMatchObject({ code: "request_invalid" });
    expect((await ask({ environments: [environments[1]] })).status).toBe(201);
  });

  test("no JSON, too large a body, another address, another method", async () => {
    const { broker, ask, good } = await start();
    expect((await ask({}, { "Content-Type": "text/plain" })).body).toMatchObject({
      code: "media_type_refused",
    });
    const large = JSON.stringify(good({ token: "x".repeat(33 * 1024) }));
    expect(await askForGrant(broker.url, large)).toMatchObject({
      status: 413,
      body: { code: "request_too_large" },
    });
    const chunked = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(8192))), // without end and without a length
    });
    const endless = await fetch(`${broker.url}/v1/grants`, {
      ...{ method: "POST", body: chunked, headers: { "Content-Type": "application/json" } },
      duplex: "half",
    } as RequestInit).catch(() => undefined);
    expect([413, undefined]).toContain(endless?.status);
    expect((await fetch(`${broker.url}/v1/keys`)).status).toBe(404);
    expect((await fetch(`${broker.url}/v1/grants`)).status).toBe(404);
    expect((await fetch(`${broker.url}/metrics`)).status).toBe(404); // that is the private side's
    expect((await ask()).status).toBe(201);
  });

  test("a token of an issuer that forges another's claims", async () => {
    const { ask, gitLab, broker } = await start();
    const key = gitLab.keys[0] as ReturnType<typeof newSigningKey>;
    const now = Math.floor(Date.now() / 1000);
    const forged = signToken(key, {
      ...gitHubClaims(now, boundAudience(broker.url, job().publicKey)),
      iss: gitLab.url,
    });
    // It is one of GitLab's, whatever it says: its rules alone count, and it has to look like one of its own.
    expect((await ask({ token: forged })).body).toMatchObject({ code: "policy_refused" });
  });
});

describe("a token that does not name the key", () => {
  test("is used by the first key: a retry is answered again, another key is refused and raises an alarm", async () => {
    const { ask, gitLab, broker } = await start();
    const token = gitLab.gitLabToken(broker.url);
    expect((await ask({ token })).status).toBe(201);
    expect((await ask({ token })).status).toBe(201);
    const stolen = await ask({ token, public_key: otherJob().publicKey });
    expect(stolen).toMatchObject({ status: 409, body: { code: "token_taken" } });
    expect(broker.rows().at(-1)).toMatchObject({ isAlarm: true, project: "acme/app" });
  });

  test("of the same job, with another id, is refused for another key as well", async () => {
    const { ask, gitLab, broker } = await start();
    expect((await ask({ token: gitLab.gitLabToken(broker.url) })).status).toBe(201);
    const second = { token: gitLab.gitLabToken(broker.url), public_key: otherJob().publicKey };
    expect((await ask(second)).body).toMatchObject({ code: "token_taken" });
    const ofAnotherJob = { ...second, token: gitLab.gitLabToken(broker.url, { job_id: "999" }) };
    expect((await ask(ofAnotherJob)).status).toBe(201); // control
  });

  test("is over when its grant was released, and the release can be repeated", async () => {
    const { ask, gitLab, broker } = await start();
    const token = gitLab.gitLabToken(broker.url);
    const { grant, release } = (await ask({ token })).body as Record<string, string>;
    const end = (bearer = release, id = grant) =>
      fetch(`${broker.url}/v1/grants/${id}`, {
        method: "DELETE",
        headers: { Authorization: `Bearer ${bearer}` },
      });
    expect((await end("x".repeat(43))).status).toBe(401);
    expect((await end(release, `${grant}x`)).status).toBe(401);
    expect((await ask({ token })).status).toBe(201); // Neither of these ended it.
    expect([(await end()).status, (await end()).status]).toEqual([204, 204]);
    expect((await ask({ token })).body).toMatchObject({ code: "token_used" });
  });

  test("from before the store began to remember is refused, because it may have been used", async () => {
    const { ask, gitLab, broker } = await start();
    const iat = Math.floor(Date.now() / 1000) - 60;
    expect((await ask({ token: gitLab.gitLabToken(broker.url, { iat }) })).body).toMatchObject({
      code: "token_invalid",
      message: expect.stringContaining("issued before the broker's store was made"),
    });
    const database = new DatabaseSync(join(broker.folder, "broker.db"));
    database.exec(`UPDATE began SET time = ${iat - 1}`);
    database.close();
    await broker.stop();
    const again = await start({ folder: broker.folder, port: Number(new URL(broker.url).port) });
    expect((await again.ask({ token: again.gitLab.gitLabToken(broker.url, { iat }) })).status).toBe(201); // control
  });
});

describe("with register: true", () => {
  const startRegistering = async () => {
    const session = await startSession();
    const started = await start({ rules: usualRules(session.account, ", register: true, ttl: 7") }, session);
    const temporary = () => session.server.store.listKeys().filter(({ expires_at }) => expires_at !== null);
    const end = ({ grant, release }: Record<string, unknown>) =>
      fetch(`${started.broker.url}/v1/grants/${grant}`, {
        ...{ method: "DELETE", headers: { Authorization: `Bearer ${release}` } },
      }).then(({ status }) => status);
    return { ...started, temporary, end };
  };

  test("a retry registers no second key, also if both come at once", async () => {
    const { ask, gitHubToken, temporary, end } = await startRegistering();
    const token = gitHubToken();
    const [first, second] = await Promise.all([ask({ token }), ask({ token })]);
    const third = await ask({ token });
    expect([first.status, second.status, third.status]).toEqual([201, 201, 201]);
    expect(second.body.grant).toBe(first.body.grant);
    expect(third.body.device_key_id).toBe(first.body.device_key_id);
    expect(temporary()).toHaveLength(1);
    expect(await end(first.body)).toBe(204);
    expect(temporary()).toEqual([]);
  });

  test("a key that the account knows already is nobody's to get a grant for, however often it is asked for", async () => {
    const { ask, gitHubToken, server, temporary, end } = await startRegistering();
    // Another job's temporary key.
    const victim = otherJob();
    const first = await ask({ public_key: victim.publicKey, token: gitHubToken({}, victim) });
    expect(first.status).toBe(201);
    const token = gitHubToken({}, victim);
    for (const attempt of [1, 2]) {
      const stolen = await ask({ public_key: victim.publicKey, token });
      expect(stolen.body, `attempt ${attempt}`).toMatchObject({
        code: "policy_refused",
        message: expect.stringContaining("knows it already"),
      });
    }
    expect(temporary()).toHaveLength(1);
    expect(await end(first.body)).toBe(204);
    // A person's, and one whose registered text lost its last line break.
    const owner = inject("keys").ownerKeys;
    expect((await ask({ public_key: owner.publicKey, token: gitHubToken({}, owner) })).body.code).toBe(
      "policy_refused",
    );
    server.store.addKey({
      ...{ label: "pasted", key_type: "device", expires_at: null },
      public_key: victim.publicKey.trimEnd(),
    });
    expect((await ask({ public_key: victim.publicKey, token: gitHubToken({}, victim) })).body.code).toBe(
      "policy_refused",
    );
  });

  test("a release works once, however often it is sent", async () => {
    const { ask, gitHubToken, temporary, end, requests } = await startRegistering();
    const token = gitHubToken();
    const first = await ask({ token });
    expect(await end(first.body)).toBe(204);
    const deletions = () => requests.filter(({ method }) => method === "DELETE").length;
    const before = deletions();
    expect([await end(first.body), await end(first.body)]).toEqual([204, 204]);
    expect(deletions()).toBe(before);
    expect(temporary()).toEqual([]);
    expect((await ask({ token })).body.code).toBe("token_used");
  });

  test("what was granted and could not be answered is in the audit log as failed", async () => {
    const session = await startSession({
      answer: ({ method, url }) =>
        method === "POST" && url.endsWith("/user/keys") ? new Response("{}", { status: 403 }) : undefined,
    });
    const { ask, broker } = await start({ rules: usualRules(session.account, ", register: true") }, session);
    expect((await ask()).body).toMatchObject({ code: "service_refused" });
    const rows = await until(() => broker.rows().length === 2 && broker.rows());
    expect(rows.map(({ decision }) => decision)).toEqual(["granted", "failed"]);
    expect(broker.said()).toContain("ACCESS_REFUSED");
  });
});

test("a job's grant is not ended by whoever gets a grant for the same key by another token", async () => {
  const { ask, broker, gitHubToken } = await start();
  const token = gitHubToken();
  expect((await ask({ token })).status).toBe(201);
  // Any job can ask its CI system for a token for any audience, and so for somebody else's key: the answer is of no use to it.
  const { grant, release } = (await ask({ token: gitHubToken() })).body as Record<string, string>;
  await fetch(`${broker.url}/v1/grants/${grant}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${release}` },
  });
  expect((await ask({ token })).status).toBe(201);
});

test("the TTL is the least of what the job asks and the rules allow", async () => {
  const session = await startSession();
  const { ask } = await start({ rules: usualRules(session.account, ", ttl: 20") }, session);
  const minutes = async (changes: object) =>
    Math.round((Date.parse(String((await ask(changes)).body.expires_at)) - Date.now()) / 60_000);
  expect(await minutes({})).toBe(20);
  expect(await minutes({ ttl_minutes: 5 })).toBe(5);
  expect(await minutes({ ttl_minutes: 60 })).toBe(20);
});

describe("what is not there", () => {
  test("SecretStash is down: 503 with Retry-After, and the token is not used up", async () => {
    const session = await startSession({
      answer: ({ url }) =>
        isDown && url.includes("/variables") ? new Response("", { status: 503 }) : undefined,
    });
    let isDown = true;
    const { ask, gitLab, broker } = await start({}, session);
    const token = gitLab.gitLabToken(broker.url);
    const refused = await ask({ token });
    expect(refused).toMatchObject({ status: 503, body: { code: "service_unavailable" } });
    expect(refused.headers.get("retry-after")).toBe("5");
    isDown = false;
    expect((await ask({ token, public_key: otherJob().publicKey })).status).toBe(201);
    expect(broker.said()).toContain("SERVICE_FAILED");
  });

  test("the broker's key has no access, or the environment is not there: no retry helps", async () => {
    const session = await startSession();
    const more = usualRules(session.account).replaceAll("[ci]", "[ci, gone]");
    const { ask } = await start({ rules: more }, session);
    expect((await ask({ environments: ["gone"] })).body).toMatchObject({ code: "service_refused" });
    const without = await startSession();
    const key = { id: without.account.ownerKeyId, privateKey: otherJob().privateKey };
    const { ask: askWithout, broker } = await start({ key }, without);
    expect((await askWithout()).body).toMatchObject({ code: "service_refused" });
    expect(broker.said()).toContain("ENVELOPE_UNREADABLE");
  });

  test("the issuer is down: 503, and known keys are used meanwhile", async () => {
    const { ask, gitHub, gitLab, broker } = await start();
    expect((await ask()).status).toBe(201);
    await gitHub.close();
    expect((await ask()).status).toBe(201);
    // A key that it does not know, from an issuer that does not answer.
    gitLab.keys.push(newSigningKey("key-2"));
    const token = gitLab.gitLabToken(broker.url);
    await gitLab.close();
    const answer = await ask({ token });
    expect(answer).toMatchObject({ status: 503, body: { code: "issuer_unavailable" } });
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(broker.said()).toContain(`request ${answer.body.request_id}: issuer_unavailable`);
  });

  test("an audit log that cannot be written: nothing is granted", async () => {
    const { ask, broker, gitLab } = await start();
    const database = new DatabaseSync(join(broker.folder, "broker.db"));
    database.exec("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'disk full'); END");
    const refused = await ask({ token: gitLab.gitLabToken(broker.url) });
    expect(refused).toMatchObject({ status: 503, body: { code: "store_unavailable" } });
    expect(JSON.stringify(refused.body)).not.toContain("envelope");
    database.exec("DROP TRIGGER full");
    database.close();
    expect((await ask()).status).toBe(201); // control
  });

  test("another DEK than the pinned one: refused, and accepted once a person says so", async () => {
    const { ask, broker, server, account, ...session } = await start({
      more: "pins: first-use\ncache: 0s\n",
    });
    expect((await ask()).status).toBe(201);
    // What the service can do: a DEK of its own, for the broker's key.
    const { wrapForKey, makeDek } = await import("../stash-server/owner.ts");
    const environment = server.store.findEnvironment(account.applicationId, "ci");
    const forged = JSON.stringify(wrapForKey(makeDek(), inject("keys").grantKeys.publicKey));
    server.store.saveEnvelope(environment?.id ?? 0, account.grantKeyId ?? 0, forged, "service");
    expect((await ask()).body).toMatchObject({
      code: "dek_refused",
      message: expect.stringContaining("broker trust"),
    });
    const trusted = await broker.run(
      "trust",
      "--config",
      broker.policyFile,
      "--insecure-test-issuers",
      "--yes",
    );
    expect(trusted.stdout).toContain("Replaced");
    expect((await ask()).status).toBe(201);
    expect(session.requests.length).toBeGreaterThan(0);
  });
});

describe("refusals of whoever proves nothing", () => {
  const forged = { token: "x.y.z" };

  test("are limited by address, and good requests from it still go through", async () => {
    const { ask, broker } = await start({ more: "refusals-per-minute: 5\n" });
    const statuses: number[] = [];
    for (let count = 0; count < 8; count += 1) statuses.push((await ask(forged)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    await until(() => broker.rows().length === 5);
    expect(broker.rows().every(({ environments }) => (environments as string[]).length === 0)).toBe(true);
    expect((await ask()).status).toBe(201);
    // Nobody trusts whoever says where a request came from.
    expect((await ask(forged, { "X-Forwarded-For": "10.9.9.9", Forwarded: "for=10.9.9.8" })).status).toBe(
      429,
    );
  });

  test("are limited when they have a valid token as well: everybody can have one, of a repository of their own", async () => {
    const { ask, broker, gitHubToken } = await start({ more: "refusals-per-minute: 5\n" });
    const token = gitHubToken({ repository_id: "666", repository_owner_id: "666", repository: "eve/app" });
    const statuses: number[] = [];
    for (let count = 0; count < 8; count += 1) statuses.push((await ask({ token })).status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429, 429, 429]);
    await until(() => broker.rows().length === 5);
    expect((await ask()).status).toBe(201);
  });

  test("never hide what a job of the policy was refused, least of all an alarm", async () => {
    const { ask, broker, gitLab } = await start({ more: "refusals-per-minute: 2\n" });
    const token = gitLab.gitLabToken(broker.url);
    expect((await ask({ token, public_key: otherJob().publicKey })).status).toBe(201); // the thief was first
    for (let count = 0; count < 5; count += 1) await ask(forged);
    expect((await ask({ token })).body).toMatchObject({ code: "token_taken" });
    await until(() => broker.rows().some(({ isAlarm }) => isAlarm === true));
  });
});

test("behind a trusted proxy, the address is the one that the proxy saw, from the header that it writes", async () => {
  const forged = { token: "x.y.z" };
  const addressBy =
    (started: Awaited<ReturnType<typeof start>>) => async (headers: Record<string, string>) => {
      const before = started.broker.rows().length;
      await started.ask(forged, headers);
      return (await until(() => started.broker.rows()[before])).address;
    };
  const trusted = "trusted-proxies: [127.0.0.0/8, 10.0.0.0/8]\n";
  const forwarded = addressBy(await start({ more: trusted }));
  expect(await forwarded({})).toBe("127.0.0.1");
  expect(
    await forwarded({ Forwarded: 'for=6.6.6.6, for="[2001:db8::1]:4711";proto=https, for=10.0.0.1' }),
  ).toBe("2001:db8::1");
  expect(await forwarded({ Forwarded: "for=unknown" })).toBe("127.0.0.1");
  expect(await forwarded({ "X-Forwarded-For": "6.6.6.6" })).toBe("127.0.0.1");
  const xForwardedFor = addressBy(await start({ more: `${trusted}proxy-header: x-forwarded-for\n` }));
  expect(await xForwardedFor({ "X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.1.2.3" })).toBe("203.0.113.7");
  expect(await xForwardedFor({ Forwarded: "for=6.6.6.6" })).toBe("127.0.0.1");
});

test("a request that never ends, or never begins, is ended", async () => {
  const { broker, ask } = await start();
  const socket = connect(Number(new URL(broker.url).port), "127.0.0.1");
  socket.write(
    "POST /v1/grants HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
  );
  await new Promise((closed) =>
    socket
      .resume()
      .once("close", closed)
      .once("error", () => {}),
  );
  expect((await ask()).status).toBe(201);
});

test("a new policy counts when it has stayed the same for two seconds, and one that cannot be used never", async () => {
  const { ask, broker, gitHubToken } = await start();
  const whole = readFileSync(broker.policyFile, "utf8");
  const metrics = async () => await (await fetch(`${broker.privateUrl}/metrics`)).text();
  expect((await ask({ token: gitHubToken({ ref: "refs/heads/release" }) })).status).toBe(403);
  writeFileSync(broker.policyFile, whole.replace("ref: refs/heads/main", "colour: red"));
  await until(() => broker.said().includes("The policy in force stays as it was"));
  expect(await metrics()).toMatch(/^secret_stash_broker_policy_invalid 1$/m);
  expect((await ask()).status).toBe(201);

  writeFileSync(broker.policyFile, whole.replace("ref: refs/heads/main", "ref: refs/heads/release"));
  for (let signal = 0; signal < 20; signal += 1) broker.child.kill("SIGHUP"); // However often it is told to look.
  await until(() => broker.said().includes("The token, the key and the certificates were read again"));
  expect((await ask()).status).toBe(201);
  await until(() => broker.said().includes("The policy was replaced"));
  expect(await metrics()).toMatch(/^secret_stash_broker_policy_invalid 0$/m);
  expect((await ask({ token: gitHubToken({ ref: "refs/heads/release" }) })).status).toBe(201);
  expect((await ask()).status).toBe(403);
  const rows = await until(() => broker.rows().at(-1)?.decision === "refused" && broker.rows());
  expect(rows.at(0)?.policyHash).not.toBe(rows.at(-1)?.policyHash);
});

test("a policy whose token cannot be read does not come into force, and a new pin counts for cached DEKs, too", async () => {
  const { ask, broker, account } = await start({ more: "cache: 1h\n" });
  expect((await ask()).status).toBe(201);
  const whole = readFileSync(broker.policyFile, "utf8");
  writeFileSync(broker.policyFile, whole.replace("/token,", "/gone,"));
  await until(() => broker.said().includes("credentials cannot be used"));
  expect((await ask()).status).toBe(201);
  const pin = `pins: { "${account.applicationId}/ci": ${"0".repeat(64)} }`;
  writeFileSync(
    broker.policyFile,
    whole.replace("rules:", `${pin}\nlisten: 127.0.0.1:1\nrules:`).replace(/^listen: .*\n/m, ""),
  );
  await until(() => broker.said().includes("take effect after a restart: listen"));
  expect((await ask()).body).toMatchObject({ code: "dek_refused" });
});

test("livez and readyz say whether it runs, and whether it takes requests", async () => {
  const { broker } = await start();
  const statusOf = async (path: string) => (await fetch(`${broker.url}${path}`)).status;
  expect([await statusOf("/livez"), await statusOf("/readyz")]).toEqual([200, 200]);
  const ended = broker.stop("SIGTERM");
  const seen = new Set<number>();
  await until(async () => {
    const status = await statusOf("/readyz").catch(() => 0);
    seen.add(status);
    return status === 0;
  });
  expect(seen).toContain(503);
  expect(await ended).toBe(0);
});

test("whoever asks at once shares one answer of SecretStash, and whoever asks later gets the cached one", async () => {
  const session = await startSession();
  const { ask } = await start({ more: "cache: 1h\n" }, session);
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
  expect((await ask()).status).toBe(201);
  expect(session.requests).toHaveLength(3); // variables, envelope, environments
  const uncached = await startSession();
  const other = await start({ more: "cache: 0s\n" }, uncached);
  await other.ask();
  await other.ask();
  expect(uncached.requests).toHaveLength(5); // The types are asked for once in ten minutes.
});

test("SIGTERM: what is under way is answered, and the process ends with 0", async () => {
  const gate = Promise.withResolvers<void>();
  const session = await startSession({
    answer: async ({ url }) => {
      if (url.includes("/variables")) await gate.promise;
      return undefined;
    },
  });
  const { ask, broker } = await start({}, session);
  const answer = ask();
  await until(() => session.requests.some(({ url }) => url.includes("/variables")));
  const ended = broker.stop("SIGTERM");
  await until(() => broker.said().includes("stopping"));
  gate.resolve();
  expect((await answer).status).toBe(201);
  expect(await ended).toBe(0);
});
