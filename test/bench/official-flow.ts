import {
  constants,
  createDecipheriv,
  createHash,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// The flow that the service documents for CI, step after step, as two commands of the official client do it: `key-init` makes a temporary
// key and registers it, `pull` has it granted, fetches, decrypts and writes. Written from docs/protocol.md, for the benchmark alone.

const { API_URL = "", API_TOKEN = "", APPLICATION = "", ENVIRONMENT = "", GRANT_KEY = "" } = process.env;
const [, , command, directory = ""] = process.argv;
const [grantKeyId, ...pem] = GRANT_KEY.split(":");
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };
const environment = `applications/${APPLICATION}/environments/${ENVIRONMENT}`;

if (command === "key-init") await initKey();
else await pull();

async function initKey(): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 4096,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const { id } = await call("POST", "user/keys", {
    label: "CI/CD Temporary Key (bench)",
    key_type: "device",
    public_key: publicKey,
    is_temporary: true,
    ttl_minutes: 15,
    metadata: {
      label: "CI/CD Temporary Key (bench)",
      hostname: "bench",
      platform: "linux",
      temporary: true,
      ttl_minutes: 15,
    },
  });
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, "device_private_key.pem"), privateKey, { mode: 0o600 });
  const fingerprint = createHash("sha256").update(publicKey).digest("hex");
  writeFileSync(
    join(directory, "device.json"),
    JSON.stringify({ device_key_id: id, public_key: publicKey, fingerprint }),
  );
}

async function pull(): Promise<void> {
  const device = JSON.parse(readFileSync(join(directory, "device.json"), "utf8"));
  const privateKey = readFileSync(join(directory, "device_private_key.pem"), "utf8");
  const granted = await call("GET", `${environment}/envelope?device_key_id=${grantKeyId}`);
  const dek = privateDecrypt({ key: pem.join(":"), ...oaep }, ciphertextOf(granted));
  const ct = publicEncrypt({ key: device.public_key, ...oaep }, dek).toString("base64url");
  await call("POST", `${environment}/envelope`, {
    device_key_id: device.device_key_id,
    envelope: { v: 1, alg: "RSA-OAEP", ct },
  });
  const own = await call("GET", `${environment}/envelope?device_key_id=${device.device_key_id}`);
  const key = privateDecrypt({ key: privateKey, ...oaep }, ciphertextOf(own));
  const variables = await call("GET", `${environment}/variables`);
  const lines = variables.map(({ name, payload }: { name: string; payload: string }) => {
    const { iv, tag, ct } = typeof payload === "string" ? JSON.parse(payload) : payload;
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"));
    decipher.setAuthTag(Buffer.from(tag, "base64url"));
    return `${name}="${decipher.update(Buffer.from(ct, "base64url"), undefined, "utf8")}${decipher.final("utf8")}"`;
  });
  writeFileSync(join(directory, ".env"), `${lines.join("\n")}\n`, { mode: 0o600 });
}

function ciphertextOf({ envelope }: { envelope: string | { ct: string } }): Buffer {
  const { ct } = typeof envelope === "string" ? JSON.parse(envelope) : envelope;
  return Buffer.from(ct, "base64url");
}

// biome-ignore-start lint/suspicious/noExplicitAny: the service's answers, taken as they are
async function call(method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(`${API_URL}/api/${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${API_TOKEN}`,
      Accept: "application/json",
      "Content-Type": "application/json",
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  const answer = (await response.json()) as any;
  return answer.data ?? answer;
}
// biome-ignore-end lint/suspicious/noExplicitAny: to here
