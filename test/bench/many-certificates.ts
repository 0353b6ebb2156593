import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { actionRoot } from "../runner/job.ts";
import type { Claim } from "./report.ts";
import { median, timeOf } from "./timing.ts";

// How long `mask` takes, and how much memory, until it knows thousands of lines in every form.

/** A PEM file with the size and alphabet of an RSA-2048 key. A thousand real keys would take minutes to generate. */
function certificate(template: string): string {
  return template.replaceAll(/[A-Za-z0-9+/]{20,}/g, (line) =>
    randomBytes(line.length).toString("base64").slice(0, line.length),
  );
}

function serviceAccount(key: string, index: number): string {
  return JSON.stringify(
    {
      type: "service_account",
      project_id: `acme-${index}`,
      private_key_id: randomBytes(20).toString("hex"),
      private_key: key,
      client_email: `deploy-${index}@acme-${index}.iam.gserviceaccount.com`,
      client_id: String(100_000_000_000_000 + index),
      auth_uri: "https://accounts.google.com/o/oauth2/auth",
      token_uri: "https://oauth2.googleapis.com/token",
      client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/deploy-${index}`,
    },
    null,
    2,
  );
}

export function benchManyCertificates(folder: string, rounds: number): Claim[] {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const keys = Array.from({ length: 1000 }, () => certificate(privateKey));
  return [
    ...measure(folder, rounds, "1,000 PEM keys", keys),
    ...measure(folder, rounds, "500 service accounts", keys.slice(0, 500).map(serviceAccount)),
  ];
}

function measure(folder: string, rounds: number, what: string, values: readonly string[]): Claim[] {
  const file = join(folder, "values.json");
  const status = join(folder, "status");
  const hook = join(folder, "status.cjs");
  writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
  writeFileSync(
    hook,
    `const fs = require("fs"); process.on("exit", () => fs.writeFileSync(${JSON.stringify(status)}, fs.readFileSync("/proc/self/status")))`,
  );
  const program = join(actionRoot, "dist/index.js");
  const args = ["--require", hook, program, "mask", "--values-file", file];
  const seconds: number[] = [];
  const megabytes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    seconds.push(timeOf(() => spawnSync(process.execPath, args, { input: "hello\n" })) / 1000);
    megabytes.push(Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(status, "utf8"))?.[1]) / 1024);
  }
  return [
    {
      what: `mask is ready for ${what}`,
      measured: median(seconds),
      target: 2,
      unit: "s, start and end of the process included",
    },
    {
      what: `memory of mask with ${what}`,
      measured: median(megabytes),
      target: 300,
      unit: "MiB at its peak",
    },
  ];
}
