import { generateKeyPairSync } from "node:crypto";
import { expect, inject, test } from "vitest";
import { generateKeys } from "../stash-server/owner.ts";
import { failingMain, startSession } from "../support/session.ts";

const { grantKeys, ownerKeys } = inject("keys");

test.each([
  ["a mangled key", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCm1hbmdsZWQ="],
  ["half a PEM", grantKeys.privateKey.slice(0, 400)],
  ["a public key", grantKeys.publicKey],
  ["a public JWK", '{"kty":"RSA","n":"AQAB","e":"AQAB"}'],
  ["JSON that is no key", "{}"],
  ["a share of nothing", "SSREC1-AAAA"],
  ["an encrypted key", encryptedPem()],
])("%s is unreadable", async (_, key) => {
  const session = await startSession();
  const message = await failingMain(session, { "grant-key": key });
  expect(message).toMatch(
    /^grant-key cannot be used: it is not a private key in PEM.*JWK.* \[GRANT_KEY_UNREADABLE\]\n/s,
  );
  expect(message).not.toContain(key.slice(0, 30));
});

test("an elliptic-curve key is refused", async () => {
  const session = await startSession();
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  expect(await failingMain(session, { "grant-key": privateKey })).toMatch(
    /not an RSA key.*\[GRANT_KEY_UNREADABLE\]\n/,
  );
});

test("a path that does not exist is told from a key, and not printed, because it may be a mangled key", async () => {
  const session = await startSession();
  const message = await failingMain(session, { "grant-key": "no/such/file.pem" });
  expect(message).toMatch(
    /neither a key nor the path of a readable file \(ENOENT\).*\[GRANT_KEY_UNREADABLE\]\n/,
  );
  expect(message).not.toContain("no/such");
});

test("a key that the account does not have is unknown", async () => {
  const session = await startSession();
  const { privateKey } = await generateKeys();
  const message = await failingMain(session, { "grant-key": privateKey });
  expect(message).toMatch(
    /^The grant key \(fingerprint [0-9a-f]{16}…\) is not among the 2 keys of this account.*\[GRANT_KEY_UNKNOWN\]\n/,
  );
});

test("a key without an envelope has no access", async () => {
  const session = await startSession({ grant: false });
  const key = { label: "no access", key_type: "device", public_key: grantKeys.publicKey, expires_at: null };
  const { id } = session.server.store.addKey(key) ?? { id: 0 };
  const message = await failingMain(session, { "grant-key": `${id}:${grantKeys.privateKey}` });
  expect(message).toMatch(
    new RegExp(
      `^The grant key \\(device key ${id}\\) has no access to environment ci.*\\[GRANT_KEY_WITHOUT_ACCESS\\]\n`,
    ),
  );
});

test("an id that is another key's is detected when its envelope cannot be opened", async () => {
  const session = await startSession();
  const message = await failingMain(session, {
    "grant-key": `${session.account.grantKeyId}:${ownerKeys.privateKey}`,
  });
  expect(message).toMatch(
    /cannot be opened with grant-key\. The id in front of the key may be that of another key.*\[GRANT_ENVELOPE_UNREADABLE\]\n/,
  );
});

test("nothing is registered when the grant cannot work", async () => {
  const session = await startSession();
  await failingMain(session, { "grant-key": "9999:{}" });
  expect(session.requests.map(({ method }) => method)).not.toContain("POST");
});

function encryptedPem(): string {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "passphrase" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return privateKey;
}
