import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Session, startSession } from "../support/session.ts";

const variables = {
  PLAIN: "value",
  EMPTY: null,
  UNICODE: "Grüße, 世界 🌍\nsecond line",
  LONG: "x".repeat(70_000),
};
const expected = { ...variables, EMPTY: "" };

test("WebCrypto, following docs/protocol.md, pulls the variables with our key directory", async () => {
  const { key_dir, envelope, variables } = await pulled();
  const device = JSON.parse(readFileSync(join(key_dir, "device.json"), "utf8"));
  expect(device).toEqual({
    device_key_id: expect.any(Number),
    label: expect.stringMatching(/^CI\/CD Temporary Key \(.+\)$/),
    public_key: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/),
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    is_temporary: true,
    expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  const pem = readFileSync(join(key_dir, "device_private_key.pem"), "utf8");
  const pkcs8 = decode(pem.replace(/-----[A-Z ]+-----/g, ""));
  const { subtle } = globalThis.crypto;
  const privateKey = await subtle.importKey("pkcs8", pkcs8, { name: "RSA-OAEP", hash: "SHA-1" }, false, [
    "decrypt",
  ]);
  const raw = await subtle.decrypt({ name: "RSA-OAEP" }, privateKey, decode(envelope.ct));
  const dek = await subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  const values: Record<string, string> = {};
  for (const { name, payload } of variables) {
    if (payload === null) {
      values[name] = "";
      continue;
    }
    const sealed = Buffer.concat([decode(payload.ct), decode(payload.tag)]);
    const plain = await subtle.decrypt({ name: "AES-GCM", iv: decode(payload.iv) }, dek, sealed);
    values[name] = Buffer.from(plain).toString("utf8");
  }
  expect(values).toEqual(expected);
});

const hasPhp = spawnSync("php", ["-r", "exit(extension_loaded('openssl') ? 0 : 1);"]).status === 0;

test.skipIf(!hasPhp)(
  "PHP's openssl_* (Debian's php-cli) pulls the variables with our key directory",
  async () => {
    const input = JSON.stringify(await pulled());
    const script = join(import.meta.dirname, "variables-pull.php");
    const { stdout, stderr } = spawnSync("php", [script], { input, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual(expected);
  },
);

/** Runs main with a grant key, and collects what an official client would then read from disk and from the service. */
async function pulled() {
  const session = await startSession({ variables });
  const step = session.step();
  expect(await step.main()).toBe(0);
  const base = `applications/${session.account.applicationId}/environments/ci`;
  const { envelope } = await ask<{ envelope: { ct: string } }>(
    session,
    `${base}/envelope?device_key_id=${step.outputs.get("device-key-id")}`,
  );
  return {
    key_dir: step.outputs.get("key-dir") ?? "",
    envelope,
    variables: (await ask(session, `${base}/variables`)) as {
      name: string;
      payload: Record<string, string> | null;
    }[],
  };
}

async function ask<Data>({ server, account }: Session, path: string): Promise<Data> {
  const headers = { Authorization: `Bearer ${account.apiToken}` };
  const response = await fetch(`${server.url}/api/${path}`, { headers });
  return ((await response.json()) as { data: Data }).data;
}

function decode(text: string | undefined): Buffer<ArrayBuffer> {
  return Buffer.from(text ?? "", "base64");
}
