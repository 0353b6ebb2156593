import { createDecipheriv, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { decryptPayload } from "../../src/crypto/payload.ts";
import { encryptValue } from "../stash-server/owner.ts";

const dek = randomBytes(32);
const payload = encryptValue("value", dek);

test.each([
  ["another version", { ...payload, v: 2 }],
  ["another algorithm", { ...payload, alg: "AES-CBC" }],
  ["a key derivation", { ...payload, kdf: "PBKDF2" }],
  ["an IV of another length", { ...payload, iv: "AAAA" }],
  [
    "a truncated tag",
    { ...payload, tag: Buffer.from(payload.tag, "base64url").subarray(0, 4).toString("base64url") },
  ],
  ["an empty tag", { ...payload, tag: "" }],
  ["a flipped bit", { ...payload, ct: flipFirstBit(payload.ct) }],
  ["characters outside base64", { ...payload, ct: `${payload.ct}!` }],
  ["a missing member", { ...payload, ct: undefined }],
  ["text that is not JSON", "{"],
  ["a number", 7],
  ["an array", []],
])("%s is undecryptable, and nothing more is told", (_, wire) => {
  expect(decryptPayload(wire, dek)).toBeUndefined();
});

test("another key's ciphertext is undecryptable", () => {
  expect(decryptPayload(encryptValue("value", randomBytes(32)), dek)).toBeUndefined();
});

test("a value that is not UTF-8 is undecryptable, because no variable could hold it exactly", () => {
  expect(decryptPayload(encryptValue(Buffer.from([0x66, 0xe9]), dek), dek)).toBeUndefined();
});

test("null is an empty value", () => {
  expect(decryptPayload(null, dek)).toBe("");
});

test("negative control: without a pinned length, Node accepts a four-byte tag", () => {
  const tag = Buffer.from(payload.tag, "base64url").subarray(0, 4);
  process.noDeprecation = true; // Node warns that it will stop.
  const decipher = createDecipheriv("aes-256-gcm", dek, Buffer.from(payload.iv, "base64url"));
  decipher.setAuthTag(tag);
  const plain = Buffer.concat([decipher.update(Buffer.from(payload.ct, "base64url")), decipher.final()]);
  expect(plain.toString()).toBe("value");
});

function flipFirstBit(text: string): string {
  const bytes = Buffer.from(text, "base64url");
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return bytes.toString("base64url");
}
