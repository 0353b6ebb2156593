import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { dekOf } from "../support/grants.ts";
import { startSession } from "../support/session.ts";

const variables = {
  API_KEY: "plain-secret-value",
  NAMES: "more-secret-words",
  PEM: "first secret line\nsecond secret line\n",
};

test("what goes over the wire is ciphertext, public keys and ids", async () => {
  const session = await startSession({ variables });
  const step = session.step();
  expect(await step.main()).toBe(0);
  const keyDirectory = step.outputs.get("key-dir") ?? "";
  const temporaryKey = readFileSync(join(keyDirectory, "device_private_key.pem"), "utf8");
  expect(await step.post()).toBe(0);

  const dek = dekOf(session);
  const grantKey = inject("keys").grantKeys.privateKey;
  const traffic = session.requests.map((request) => JSON.stringify(request)).join("\n");
  const decoded = decodeEverything(traffic);
  for (const secret of [...Object.values(variables), dek, temporaryKey, grantKey].flatMap(formsOf)) {
    expect(decoded.includes(secret), secret.slice(0, 40)).toBe(false);
  }
  // Each base64 line of the private keys' bodies, too.
  for (const line of `${temporaryKey}${grantKey}`.split("\n").filter((text) => text.length === 64)) {
    expect(traffic.includes(line)).toBe(false);
  }

  // Negative control: the same search finds what is there, plain or encoded.
  expect(decoded.includes(session.account.apiToken)).toBe(true);
  expect(
    decodeEverything(Buffer.from("plain-secret-value").toString("base64")).includes("plain-secret-value"),
  ).toBe(true);
});

test("the token is in one header and nowhere else", async () => {
  const session = await startSession({ variables });
  expect(await session.step().main()).toBe(0);
  for (const { url, body, headers } of session.requests) {
    const { authorization, ...others } = headers;
    expect(authorization).toBe(`Bearer ${session.account.apiToken}`);
    expect(JSON.stringify([url, body, others])).not.toContain(session.account.apiToken);
  }
});

function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret);
  const lines =
    typeof secret === "string" && !secret.includes("-----BEGIN") ? secret.split("\n").filter(Boolean) : [];
  return [
    bytes.toString("latin1"),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    JSON.stringify(bytes.toString("utf8")).slice(1, -1),
    encodeURIComponent(bytes.toString("latin1")),
    ...lines,
  ];
}

/** The text, and whatever in it is base64, decoded, at each alignment. */
function decodeEverything(text: string): string {
  const runs = text.match(/[\w+/-]{8,}/g) ?? [];
  const decoded = runs.flatMap((run) =>
    [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), "base64").toString("latin1")),
  );
  return [text, ...decoded].join("\n");
}
