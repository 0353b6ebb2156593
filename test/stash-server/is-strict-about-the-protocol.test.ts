import { generateKeyPairSync } from "node:crypto";
import { expect, inject, onTestFinished, test } from "vitest";
import { encryptValue, makeDek, wrapForKey } from "./owner.ts";
import { type Account, seedAccount } from "./seed.ts";
import { type StashServer, startStashServer } from "./server.ts";

const { ownerKeys, grantKeys } = inject("keys");
const dek = makeDek();
const temporaryKey = {
  label: "job",
  key_type: "device",
  public_key: grantKeys.publicKey,
  metadata: { label: "job", hostname: "h", platform: "linux", temporary: true, ttl_minutes: 5 },
  is_temporary: true,
  ttl_minutes: 5,
};

test("every endpoint answers as docs/protocol.md says, under data", async () => {
  const { account, ask } = await start({ type: "local" });
  const base = `applications/${account.applicationId}/environments`;
  expect((await ask("GET", "applications")).data).toEqual([
    { id: account.applicationId, name: expect.any(String), created_at: expect.any(String) },
  ]);
  const [environment] = (await ask("GET", base)).data as Record<string, unknown>[];
  expect(environment).toMatchObject({ id: 1, name: "ci", slug: "ci", type: "local", variables_count: 2 });
  expect((await ask("POST", base, { name: "Prod", slug: "prod", type: "production" })).status).toBe(201);

  const variable = {
    id: expect.any(String),
    name: "A",
    payload: expect.objectContaining({ alg: "AES-GCM" }),
    created_at: expect.any(String),
  };
  expect((await ask("GET", `${base}/ci/variables`)).data).toEqual([
    variable,
    { ...variable, name: "B", payload: null },
  ]);
  expect((await ask("GET", `${base}/ci`)).data).toHaveLength(2);
  const saved = await ask("POST", `${base}/ci/variables`, { name: "C", payload: encryptValue("c", dek) });
  expect(saved.data).toMatchObject({ name: "C", payload: { v: 1 } });

  const key = (await ask("POST", "user/keys", temporaryKey)).data as { id: number; expires_at: string };
  expect(key).toMatchObject({
    id: 2,
    label: "job",
    key_type: "device",
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect((await ask("GET", "user/keys")).data).toHaveLength(2);

  expect((await ask("GET", `${base}/ci/envelope?device_key_id=2`)).data).toEqual({ envelope: null });
  const envelope = wrapForKey(dek, grantKeys.publicKey);
  expect((await ask("POST", `${base}/ci/envelope`, { device_key_id: 2, envelope })).status).toBe(201);
  expect((await ask("GET", `${base}/ci/envelope?device_key_id=2`)).data).toEqual({
    envelope,
    granted_by: "owner",
  });
  const access = (await ask("GET", `${base}/ci/envelopes`)).data as {
    device_keys: Record<string, unknown>[];
  };
  expect(
    access.device_keys.map(({ device_key_id, has_envelope, needs_envelope }) => [
      device_key_id,
      has_envelope,
      needs_envelope,
    ]),
  ).toEqual([
    [1, true, false],
    [2, true, false],
  ]);
  const bulk = await ask("POST", `${base}/prod/envelopes`, { envelopes: [{ device_key_id: 2, envelope }] });
  expect(bulk.data).toEqual({ created: 1, updated: 0, errors: [] });

  expect((await ask("DELETE", "user/keys/2")).status).toBe(204);
  expect((await ask("DELETE", "user/keys/2")).status).toBe(404);
});

test("401 for an unknown token, 404 for what does not exist", async () => {
  const { server, account, ask } = await start();
  expect((await fetch(`${server.url}/api/applications`)).status).toBe(401);
  expect(
    (await fetch(`${server.url}/api/applications`, { headers: { Authorization: "Bearer other" } })).status,
  ).toBe(401);
  expect((await ask("GET", "applications/other/environments")).status).toBe(404);
  expect(
    (await ask("GET", `applications/${account.applicationId}/environments/other/variables`)).status,
  ).toBe(404);
  expect(
    (await ask("GET", `applications/${account.applicationId}/environments/ci/envelope?device_key_id=99`))
      .status,
  ).toBe(404);
  expect((await ask("GET", "nonsense")).status).toBe(404);
});

test("a testing environment can be read and granted, not written", async () => {
  const { account, ask } = await start({ type: "testing" });
  const base = `applications/${account.applicationId}/environments/ci`;
  expect(
    (await ask("POST", `${base}/variables`, { name: "C", payload: encryptValue("c", dek) })).status,
  ).toBe(403);
  expect((await ask("GET", `${base}/variables`)).status).toBe(200);
  const envelope = wrapForKey(dek, ownerKeys.publicKey);
  expect((await ask("POST", `${base}/envelope`, { device_key_id: 1, envelope })).status).toBe(201);
});

test.each<[string, Record<string, unknown>, string]>([
  ["an unknown field", { ...temporaryKey, surprise: 1 }, "surprise"],
  ["a wrong type", { ...temporaryKey, label: 7 }, "label"],
  ["a TTL under 5", { ...temporaryKey, ttl_minutes: 4 }, "ttl_minutes"],
  ["a TTL over 60", { ...temporaryKey, ttl_minutes: 61 }, "ttl_minutes"],
  ["a TTL that is not whole", { ...temporaryKey, ttl_minutes: 5.5 }, "ttl_minutes"],
  ["a key that is none", { ...temporaryKey, public_key: "-----BEGIN PUBLIC KEY-----" }, "public_key"],
  [
    "an RSA key of 2048 bits",
    { ...temporaryKey, public_key: publicKey("rsa", { modulusLength: 2048 }) },
    "public_key",
  ],
  [
    "an elliptic-curve key",
    { ...temporaryKey, public_key: publicKey("ec", { namedCurve: "P-256" }) },
    "public_key",
  ],
  ["a key type that is none", { ...temporaryKey, key_type: "laptop" }, "key_type"],
  ["a temporary key without a TTL", { ...temporaryKey, ttl_minutes: undefined }, "ttl_minutes"],
  [
    "metadata with more",
    { ...temporaryKey, metadata: { ...temporaryKey.metadata, more: 1 } },
    "metadata.more",
  ],
])("%s is 422 in Laravel's shape", async (_, body, field) => {
  const { ask } = await start();
  const { status, message, errors } = await ask("POST", "user/keys", body);
  expect(status).toBe(422);
  expect(message).toEqual(expect.any(String));
  expect(Object.keys(errors ?? {})).toEqual([field]);
});

test("neither a public key that is registered already nor a body that is not JSON is accepted", async () => {
  const { server, account, ask } = await start();
  expect((await ask("POST", "user/keys", temporaryKey)).status).toBe(201);
  expect((await ask("POST", "user/keys", temporaryKey)).status).toBe(422);
  const headers = { Authorization: `Bearer ${account.apiToken}` };
  expect((await fetch(`${server.url}/api/user/keys`, { method: "POST", headers, body: "{" })).status).toBe(
    422,
  );
});

test("a limit is counted down in headers, answered with 429 and Retry-After, and lifted after a minute", async () => {
  const { server, ask } = await start({ requestsPerMinute: 2 });
  const first = await ask("GET", "applications");
  expect(first.headers.get("X-RateLimit-Remaining")).toBe("1");
  await ask("GET", "applications");
  const refused = await ask("GET", "applications");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(50);
  server.clock.advance(60_000);
  expect((await ask("GET", "applications")).status).toBe(200);
});

test("a temporary key is gone from the second it expires, and pruned later", async () => {
  const { server, account, ask } = await start();
  await ask("POST", "user/keys", temporaryKey);
  server.clock.advance(5 * 60_000 - 2000);
  expect((await ask("GET", "user/keys")).data).toHaveLength(2);
  server.clock.advance(2000);
  expect((await ask("GET", "user/keys")).data).toHaveLength(1);
  const path = `applications/${account.applicationId}/environments/ci/envelope?device_key_id=2`;
  expect((await ask("GET", path)).status).toBe(404);
  expect(server.store.pruneExpiredKeys()).toEqual([2]);
  expect(server.store.pruneExpiredKeys()).toEqual([]);
});

test("the audit log says who did what, and when", async () => {
  const { server, ask } = await start();
  await ask("POST", "user/keys", temporaryKey);
  await ask("DELETE", "user/keys/2");
  expect(server.store.listAudit()).toEqual([
    { at: expect.any(String), actor: "owner", action: "key.register-temporary", subject: "2" },
    { at: expect.any(String), actor: "owner", action: "key.delete", subject: "2" },
  ]);
});

function publicKey(type: "rsa" | "ec", options: { modulusLength?: number; namedCurve?: string }): string {
  const { publicKey } = generateKeyPairSync(type as "rsa", options as { modulusLength: number });
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

async function start(options: { type?: string; requestsPerMinute?: number } = {}) {
  const { type = "testing", requestsPerMinute = 1000 } = options;
  const server = await startStashServer({ requestsPerMinute });
  onTestFinished(() => server.close());
  const account = seedAccount(server.store, {
    environment: "ci",
    type,
    variables: { A: "a", B: null },
    ownerKeys,
  });
  return { server, account, ask: asker(server, account) };
}

function asker({ url }: StashServer, { apiToken }: Account) {
  return async (method: string, path: string, body?: unknown) => {
    const headers = { Authorization: `Bearer ${apiToken}`, "Content-Type": "application/json" };
    const response = await fetch(`${url}/api/${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = (text === "" ? {} : JSON.parse(text)) as {
      data?: unknown;
      message?: string;
      errors?: object;
    };
    return { status: response.status, headers: response.headers, ...json };
  };
}
