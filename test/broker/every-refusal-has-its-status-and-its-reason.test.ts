import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { gitHubClaims, type newSigningKey, signToken } from "../oidc-issuer/issuer.ts";
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
      ["[]", 400, "request_invalid", /something is wrong at token/],
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
      message: expect.stringContaining("older than what the broker remembers"),
    });
    const database = new DatabaseSync(join(broker.folder, "broker.db"));
    database.exec(`UPDATE began SET time = ${iat - 1}`);
    database.close();
    await broker.stop();
    const again = await start({ folder: broker.folder, port: Number(new URL(broker.url).port) });
    expect((await again.ask({ token: again.gitLab.gitLabToken(broker.url, { iat }) })).status).toBe(201); // control
  });
});

test("a key that the account knows already is not registered again, except for a retry of the same grant", async () => {
  const session = await startSession();
  const started = await start({ rules: usualRules(session.account, ", register: true, ttl: 7") }, session);
  const { ask, gitHubToken, server, broker } = started;
  const token = gitHubToken();
  const first = await ask({ token });
  const second = await ask({ token });
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body.device_key_id).toBe(first.body.device_key_id);
  expect(second.body.grant).toBe(first.body.grant);
  const temporary = server.store.listKeys().filter(({ expires_at }) => expires_at !== null);
  expect(temporary).toHaveLength(1);
  // Another token for the same key is another grant, which must not touch a key that is somebody's.
  expect((await ask()).body).toMatchObject({
    code: "policy_refused",
    message: expect.stringContaining("knows it already"),
  });
  const owner = inject("keys").ownerKeys;
  const stolen = { public_key: owner.publicKey, token: gitHubToken({}, owner) };
  expect((await ask(stolen)).body).toMatchObject({ code: "policy_refused" });
  const { grant, release } = first.body as Record<string, string>;
  const ended = await fetch(`${broker.url}/v1/grants/${grant}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${release}` },
  });
  expect(ended.status).toBe(204);
  expect(server.store.listKeys().filter(({ expires_at }) => expires_at !== null)).toEqual([]);
  expect(server.store.listKeys()).toHaveLength(2); // those of the owner
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
    const { ask: askWithout } = await start(
      { key: { id: without.account.ownerKeyId, privateKey: job().privateKey } },
      without,
    );
    expect((await askWithout()).status).toBeGreaterThanOrEqual(400);
  });

  test("the issuer is down: 503, and known keys are used meanwhile", async () => {
    const { ask, gitHub, broker } = await start();
    expect((await ask()).status).toBe(201);
    await gitHub.close();
    expect((await ask()).status).toBe(201);
    const fresh = await start();
    await fresh.gitLab.close();
    const answer = await fresh.ask({ token: fresh.gitLab.gitLabToken(fresh.broker.url) });
    expect([201, 503]).toContain(answer.status); // It may have been asked before it went down.
    expect(broker.child.exitCode).toBeNull();
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

test("one address may be refused so often a minute, and good requests from it still go through", async () => {
  const { ask, broker, gitHubToken } = await start();
  const bad = { token: gitHubToken({ ref: "refs/heads/x" }) };
  const statuses: number[] = [];
  for (let count = 0; count < 125; count += 1) statuses.push((await ask(bad)).status);
  expect(statuses.slice(0, 120)).toEqual(Array(120).fill(403));
  expect(statuses.slice(120)).toEqual(Array(5).fill(429));
  expect(broker.rows()).toHaveLength(120);
  expect((await ask()).status).toBe(201);
  const spoofed = await ask(bad, { "X-Forwarded-For": "10.9.9.9", Forwarded: "for=10.9.9.8" });
  expect(spoofed.status).toBe(429); // Nobody trusts whoever says so.
});

test("behind a trusted proxy, the address is the one that the proxy saw", async () => {
  const { ask, broker, gitHubToken } = await start({ more: "trusted-proxies: [127.0.0.0/8, 10.0.0.0/8]\n" });
  const bad = { token: gitHubToken({ ref: "refs/heads/x" }) };
  const addressOf = async (headers: Record<string, string>) => {
    const before = broker.rows().length;
    await ask(bad, headers);
    return (await until(() => broker.rows()[before])).address;
  };
  expect(await addressOf({})).toBe("127.0.0.1");
  expect(await addressOf({ "X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.1.2.3" })).toBe("203.0.113.7");
  expect(
    await addressOf({ Forwarded: 'for=6.6.6.6, for="[2001:db8::1]:4711";proto=https, for=10.0.0.1' }),
  ).toBe("2001:db8::1");
  expect(await addressOf({ Forwarded: "for=unknown" })).toBe("127.0.0.1");
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

test("a new policy counts when two looks have found the same, and half of one never", async () => {
  const { ask, broker, gitHubToken, account } = await start();
  const whole = readFileSync(broker.policyFile, "utf8");
  const onRelease = { token: gitHubToken({ ref: "refs/heads/release" }) };
  expect((await ask(onRelease)).status).toBe(403);
  writeFileSync(broker.policyFile, whole.replace("ref: refs/heads/main", "colour: red"));
  await until(() => broker.said().includes("The policy in force stays as it was"));
  const metrics = async () => await (await fetch(`${broker.privateUrl}/metrics`)).text();
  expect(await metrics()).toContain("secret_stash_broker_policy_invalid 1");
  expect((await ask()).status).toBe(201);
  writeFileSync(broker.policyFile, whole.replace("ref: refs/heads/main", "ref: refs/heads/release"));
  await until(() => broker.said().includes("The policy was replaced"));
  expect(await metrics()).toContain("secret_stash_broker_policy_invalid 0");
  expect((await ask({ token: gitHubToken({ ref: "refs/heads/release" }) })).status).toBe(201);
  expect((await ask()).status).toBe(403);
  const [first, last] = [broker.rows().at(0)?.policyHash, broker.rows().at(-1)?.policyHash];
  expect(first).not.toBe(last);
  expect(account.environment).toBe("ci");
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
