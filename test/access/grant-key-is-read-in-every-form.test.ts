import { createPrivateKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { grantAsOwner } from "../support/grants.ts";
import { startSession } from "../support/session.ts";

const pem = inject("keys").grantKeys.privateKey;
const base64 = Buffer.from(pem).toString("base64");
const jwk = JSON.stringify(createPrivateKey(pem).export({ format: "jwk" }));
const pkcs1 = createPrivateKey(pem).export({ type: "pkcs1", format: "pem" }).toString();
const share = `SSREC1-${Buffer.from(
  JSON.stringify({
    v: 1,
    type: "secret-stash-recovery",
    alg: "RSA-OAEP",
    fingerprint: "not looked at",
    private_key: Buffer.from(pem).toString("base64url"),
  }),
).toString("base64url")}`;

test.each([
  ["PEM", pem],
  ["PEM with CRLF", pem.replaceAll("\n", "\r\n")],
  ["PEM with escaped newlines", pem.replaceAll("\n", "\\n")],
  ["PEM with its newlines turned into spaces", pem.replaceAll("\n", " ")],
  ["PKCS#1 PEM", pkcs1],
  ["base64 of PEM", base64],
  [
    "base64 of PEM with what openssl writes before it",
    Buffer.from(`\ufeff\nBag Attributes\n    friendlyName: ci\n${pem}`).toString("base64"),
  ],
  ["base64 of PEM in lines of 76", base64.replace(/.{76}/g, "$&\n")],
  ["a recovery share", share],
  ["a JWK", jwk],
])("%s, with the key's id before it", async (_, text) => {
  const session = await startSession();
  expect(await session.step({ "grant-key": `${session.account.grantKeyId}:${text}` }).main()).toBe(0);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
  expect(session.requests).toHaveLength(4);
  const isArmour = (line: string) => /^-----(BEGIN|END) /.test(line); // not secret
  for (const line of text.split("\n").filter((part) => part.length > 20 && !isArmour(part))) {
    session.job.log.write(`> ${line}`);
    expect(session.job.log.lines.at(-1)?.trim()).toBe("> ***");
  }
});

test.each([
  ["PEM", pem],
  ["base64 of PEM", base64],
  ["a recovery share", share],
  ["a JWK", jwk],
])("a file that holds %s, its path relative to the workspace", async (_, text) => {
  const session = await startSession();
  writeFileSync(join(session.job.workspace, "grant.key"), `${text}\n`, { mode: 0o600 });
  expect(await session.step({ "grant-key": "grant.key" }).main()).toBe(0);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
  session.job.log.write(`> ${text.split("\n")[1] ?? text}`);
  expect(session.job.log.lines.at(-1)).toBe("> ***");
});

test("a file by its absolute path, with the key's id before it, saves a request too", async () => {
  const session = await startSession();
  const path = join(session.job.temp, "grant.key");
  writeFileSync(path, pem, { mode: 0o600 });
  expect(await session.step({ "grant-key": `${session.account.grantKeyId}:${path}` }).main()).toBe(0);
  expect(session.requests).toHaveLength(4);
});

test("the public parts of a grant key are not masked: a JWK's public members, a path", async () => {
  const session = await startSession();
  expect(await session.step({ "grant-key": `${session.account.grantKeyId}:${jwk}` }).main()).toBe(0);
  writeFileSync(join(session.job.workspace, "grant.key"), pem, { mode: 0o600 });
  expect(await session.step({ "grant-key": "grant.key" }).main()).toBe(0);
  session.job.log.write("> AQAB RSA grant.key");
  expect(session.job.log.lines.at(-1)).toBe("> AQAB RSA grant.key");
});

test("a key whose fingerprint the service computed over other text is found by the key itself", async () => {
  const session = await startSession({ grant: false });
  const { grantKeys } = inject("keys");
  const { store } = session.server;
  // Registered without its final newline, so the fingerprint differs from ours.
  const key = {
    label: "grant",
    key_type: "device",
    public_key: grantKeys.publicKey.trimEnd(),
    expires_at: null,
  };
  const { id = 0 } = store.addKey(key) ?? {};
  grantAsOwner(session, id);
  expect(await session.step({ "grant-key": pem }).main()).toBe(0);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
});
