import { createHash, generateKeyPairSync } from "node:crypto";
import { runnerMasks } from "../../src/redact/runner-masks.ts";
import { createMasker } from "../runner/masker.ts";
import { table } from "./report.ts";

// What masks cost the GitHub runner, which looks for every string in every line of the log: how many strings it ends up with, and how long
// a naive search for them takes, as a ratio of what it is like to search for ten.

const counts = [10, 100, 1000] as const;
const LINES = 200;
// What this file counted with the source of 1.0.0.
const before: Record<number, number> = { 10: 826, 100: 4543, 1000: 41_263 };

export interface MasksRow {
  variables: number;
  /** `::add-mask::` */
  commands: number;
  strings: number;
  stringsBefore: number;
  /** for 1,000 lines of log */
  milliseconds: number;
}

/** With a token, a grant key, and typical variables, two of ten of which hold a PEM. */
export function benchMasks(): MasksRow[] {
  const grantKey = makePem(4096);
  const pem = makePem(2048);
  const lines = Array.from({ length: LINES }, (_, index) => logLine(index));
  return counts.map((count) => {
    const masker = createMasker();
    const values = Array.from({ length: count / 10 }, (_, set) => typicalValues(set, pem)).flat();
    const credentials = runnerMasks([`12|${random("token", 37)}`, grantKey], {
      minLeaf: 20,
      isHeldByJob: false,
    });
    let commands = 0;
    for (const masks of [credentials, runnerMasks(values)]) {
      for (const mask of masks) {
        masker.add(mask);
        commands += 1;
      }
    }
    const strings = masker.strings();
    const milliseconds = (searchAll(lines, strings) / LINES) * 1000;
    return {
      variables: count,
      commands,
      strings: strings.length,
      stringsBefore: before[count] ?? 0,
      milliseconds,
    };
  });
}

/** The least of five, because other programs only ever make it slower. */
function searchAll(lines: readonly string[], strings: readonly string[]): number {
  const rounds = Array.from({ length: 5 }, () => {
    const start = performance.now();
    let found = 0;
    for (const line of lines) for (const text of strings) if (line.includes(text)) found += 1;
    return performance.now() - start + found * 0;
  });
  return Math.min(...rounds);
}

function typicalValues(set: number, pem: string): string[] {
  const text = (name: string, length: number) => random(`${name} ${set}`, length);
  // Another key without generating one: the same length and lines, other characters.
  const key = pem.replace(/^[\w+/=]+$/gm, (line, at) => random(`${set} ${at}`, line.length));
  const account = {
    ...{
      type: "service_account",
      project_id: `project-${set}`,
      private_key_id: text("id", 40),
      private_key: key,
    },
    ...{ client_email: `deploy@project-${set}.example.test`, client_id: `1000000000000000${set + 10_000}` },
    ...{ auth_uri: "https://accounts.example.test/auth", token_uri: "https://accounts.example.test/token" },
  };
  return [
    `base64:${Buffer.from(text("app key", 32)).toString("base64")}`,
    `${text("a", 5)}@${text("b", 4)}/${text("c", 4)}!$${text("d", 3)}`,
    `postgres://app:${text("e", 6)}%40${text("f", 9)}@db.example.test:5432/app`,
    `sk_live_${text("g", 24)}`,
    [text("h", 36), text("i", 48), text("j", 43)].join("."),
    JSON.stringify(account),
    key,
    text("k", 32),
    "5432",
    "true",
  ];
}

function random(seed: string, length: number): string {
  let text = "";
  for (let part = 0; text.length < length; part += 1) {
    text += createHash("sha512")
      .update(`${seed} ${part}`)
      .digest("base64")
      .replaceAll(/[^A-Za-z0-9]/g, "");
  }
  return text.slice(0, length);
}

function makePem(modulusLength: number): string {
  const encoding = { type: "pkcs8", format: "pem" } as const;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
  return privateKey.export(encoding).toString();
}

function logLine(index: number): string {
  return `2026-01-01T00:00:00.${String(index).padStart(7, "0")}Z npm http fetch GET 200 https://packages.example.test/${random(`${index}`, 9)} ${index}ms (cache hit)`;
}

export function tableOfMasks(rows: readonly MasksRow[]): string {
  return table(
    ["variables", "commands", "strings", "strings in 1.0.0", "ms for 1,000 lines"],
    rows.map(({ variables, commands, strings, stringsBefore, milliseconds }) => [
      ...[variables, commands, strings, stringsBefore].map((number) => number.toLocaleString("en")),
      milliseconds.toFixed(0),
    ]),
  );
}
