import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fingerprintOf } from "../../src/crypto/device-key.ts";
import { openEnvelope } from "../../src/crypto/envelope.ts";
import { readGrantKey } from "../../src/crypto/grant-key.ts";
import { decryptPayload } from "../../src/crypto/payload.ts";
import { startSession } from "../support/session.ts";

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "official-formats.json"), "utf8"));
const dek = Buffer.from(vectors.dek, "hex");

describe(`formats written by ${vectors.made_by}`, () => {
  test("the fingerprint is the one that was written", () => {
    expect(fingerprintOf(vectors.public_key)).toBe(vectors.fingerprint);
    expect(fingerprintOf(vectors.device.public_key)).toBe(vectors.device.fingerprint);
  });

  test("the envelope opens, as an object and as JSON text, padded or not, in either alphabet", () => {
    const { envelope } = vectors;
    const ordinary = Buffer.from(envelope.ct, "base64url").toString("base64");
    for (const wire of [envelope, JSON.stringify(envelope), { ...envelope, ct: ordinary }]) {
      expect(openEnvelope(wire, vectors.private_key)).toEqual(dek);
    }
  });

  test("every payload decrypts to its value", () => {
    for (const { value, payload } of vectors.payloads) {
      expect(decryptPayload(payload, dek)).toBe(value);
      expect(decryptPayload(JSON.stringify(payload), dek)).toBe(value);
    }
  });

  test("a key directory of the official form is a grant key, and its environment is pulled with it", async () => {
    const session = await startSession({ variables: {}, grant: false });
    const { store } = session.server;
    const key = { label: "vector", key_type: "device", public_key: vectors.public_key, expires_at: null };
    store.saveEnvelope(1, store.addKey(key)?.id ?? 0, JSON.stringify(vectors.envelope), "owner");
    const carried = vectors.payloads.filter(({ value }: { value: string }) => !value.includes("\0"));
    for (const [index, { payload }] of carried.entries())
      store.saveVariable(1, `VALUE_${index}`, JSON.stringify(payload));
    writeFileSync(join(session.job.workspace, "device_private_key.pem"), vectors.private_key, {
      mode: 0o600,
    });
    expect(await session.step({ "grant-key": "device_private_key.pem" }).main()).toBe(0);
    for (const [index, { value }] of carried.entries())
      expect(session.job.environment.get(`VALUE_${index}`)).toBe(value);
  });

  test("the recovery share is the same key", async () => {
    const grantKey = await readGrantKey(vectors.recovery_share);
    expect(grantKey.fingerprint).toBe(vectors.fingerprint);
    expect(openEnvelope(vectors.envelope, grantKey.privateKey)).toEqual(dek);
  });
});
