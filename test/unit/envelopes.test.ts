import { generateKeyPairSync, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openEnvelope, wrapDek } from "../../src/crypto/envelope.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const envelope = wrapDek(randomBytes(32), publicKey);

test("what was wrapped opens", () => {
  const dek = randomBytes(32);
  expect(openEnvelope(wrapDek(dek, publicKey), privateKey)).toEqual(dek);
});

test.each([
  ["another version", { ...envelope, v: 2 }],
  ["another algorithm", { ...envelope, alg: "RSA-OAEP-256" }],
  ["a key of another length", wrapDek(randomBytes(16), publicKey)],
  ["a cut ciphertext", { ...envelope, ct: envelope.ct.slice(4) }],
  ["characters outside base64", { ...envelope, ct: `${envelope.ct}!` }],
  ["no ciphertext", { v: 1, alg: "RSA-OAEP" }],
  ["text that is not JSON", "{"],
  ["null", null],
])("%s cannot be opened, and the error is always the same", (_, wire) => {
  expect(() => openEnvelope(wire, privateKey)).toThrow(
    expect.objectContaining({
      code: "ENVELOPE_UNREADABLE",
      message: expect.stringMatching(/^The envelope .* cannot be opened\./),
    }),
  );
});
