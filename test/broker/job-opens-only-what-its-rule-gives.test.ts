import fc from "fast-check";
import { expect, inject, test } from "vitest";
import { wrapForJob } from "../../src/broker/grants/wrap.ts";
import { openEnvelope } from "../../src/crypto/envelope.ts";
import { decryptPayload } from "../../src/crypto/payload.ts";
import { encryptValue, makeDek } from "../stash-server/owner.ts";

const dek = makeDek();
const values = {
  DB_URL: "postgres://app:pw@db/app",
  DB_PASSWORD: "p w",
  STRIPE_KEY: "sk_live_1",
  APP_KEY: "base64:x",
};
const ciphertext = [
  ...Object.entries(values).map(([name, value]) => ({ name, payload: encryptValue(value, dek) as unknown })),
  { name: "DB_EMPTY", payload: null },
];
const job = () => inject("keys").spareKeys;
const open = ({ envelope, variables }: ReturnType<typeof wrapForJob>) => {
  const key = openEnvelope(envelope, job().privateKey);
  return Object.fromEntries(variables.map(({ name, payload }) => [name, decryptPayload(payload, key)]));
};

test("without variables, the ciphertext goes through as it is, and its DEK is wrapped", () => {
  const wrapped = wrapForJob(ciphertext, dek, job().publicKey, undefined);
  expect(wrapped.variables).toBe(ciphertext);
  expect(open(wrapped)).toEqual({ ...values, DB_EMPTY: "" });
});

test("with variables, the job opens those and nothing else of what it or the service holds", () => {
  const wrapped = wrapForJob(ciphertext, dek, job().publicKey, "DB_*, !DB_PASSWORD");
  expect(open(wrapped)).toEqual({ DB_URL: values.DB_URL, DB_EMPTY: "" });
  const key = openEnvelope(wrapped.envelope, job().privateKey);
  expect(key.equals(dek)).toBe(false);
  for (const { payload } of ciphertext) {
    if (payload !== null) expect(decryptPayload(payload, key)).toBeUndefined();
  }
});

test("each grant has a DEK of its own", () => {
  const keys = [1, 2].map(() => wrapForJob(ciphertext, dek, job().publicKey, "DB_URL"));
  const [first, second] = keys.map(({ envelope }) => openEnvelope(envelope, job().privateKey));
  expect(first?.equals(second as Buffer)).toBe(false);
});

test("a value that cannot be decrypted refuses the whole, by name and without its text", () => {
  const broken = [...ciphertext, { name: "DB_BROKEN", payload: encryptValue("other", makeDek()) as unknown }];
  expect(() => wrapForJob(broken, dek, job().publicKey, "DB_*")).toThrow(
    /The variable "DB_BROKEN" cannot be decrypted/,
  );
  expect(() => wrapForJob(broken, dek, job().publicKey, "STRIPE_KEY")).not.toThrow();
});

test("any value comes through, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (value) => {
      const wellFormed = value.toWellFormed();
      const one = [{ name: "X", payload: encryptValue(wellFormed, dek) as unknown }];
      expect(open(wrapForJob(one, dek, job().publicKey, "X"))).toEqual({ X: wellFormed });
    }),
    { numRuns: 20 },
  );
});
