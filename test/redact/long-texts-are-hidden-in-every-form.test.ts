import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { deriveNeedles } from "../../src/redact/needles.ts";
import { createRedactor } from "../../src/redact/redactor.ts";

// A long text has fewer forms as a whole (long-text.ts). Its lines have to make up for that.

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const block = Array.from({ length: 20 }, (_, line) => `${line}`.padEnd(60, "Zq7$w")).join("\n");
const values = {
  "a PEM file": privateKey,
  "a PEM file with CRLF": privateKey.replaceAll("\n", "\r\n"),
  "JSON with a PEM file in JSON": JSON.stringify(
    { google: JSON.stringify({ type: "service_account", private_key: privateKey }), user: "deploy-user" },
    null,
    2,
  ),
  "recovery codes": Array.from({ length: 200 }, (_, line) => `c${line}x`.padEnd(6, "Kp")).join("\n"),
  "a block with a short last line": `${block}\nS3cr3t`,
  "a block in quotes": `"${block}"`,
  "one long line": "eyJhbGciOi".repeat(150),
};

const base64 = (text: string) => Buffer.from(text).toString("base64");
const wrapped = (text: string, lineBreak: string) => base64(text).replace(/.{76}(?=.)/g, `$&${lineBreak}`);
const bash = (script: string) => (text: string) =>
  spawnSync("bash", ["-c", script], { env: { PATH: process.env.PATH ?? "", V: text }, encoding: "utf8" })
    .stdout;

const forms: Record<string, (text: string) => string> = {
  "as it is": (text) => text,
  "without its quotes": (text) => text.replaceAll(/^"|"$/g, ""),
  "joined by CRLF": (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  "joined by blanks": (text) => text.replaceAll(/\r?\n/g, " "),
  base64,
  "base64 of the CRLF form": (text) => base64(text.replaceAll(/\r?\n/g, "\r\n")),
  "base64 of the joined form": (text) => base64(text.replaceAll(/\r?\n/g, " ")),
  "wrapped base64": (text) => wrapped(text, "\n"),
  "wrapped base64 in JSON": (text) => wrapped(text, "\\n"),
  "wrapped base64 joined by blanks": (text) => wrapped(text, " "),
  "wrapped base64 behind a name": (text) => wrapped(text, "\nweb-1 | "),
  "base64 of JSON": (text) => base64(JSON.stringify({ value: text })),
  hex: (text) => Buffer.from(text).toString("hex"),
  JSON: (text) => JSON.stringify(text),
  "JSON twice": (text) => JSON.stringify(JSON.stringify(text)),
  "percent-encoding": encodeURIComponent,
  "a form": (text) => String(new URLSearchParams({ value: text })),
  HTML: (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("'", "&#039;"),
  "printf %q": bash('printf "%q" "$V"'),
};

// An encoding of an escaped text is found line by line only, and these have no long lines, or lines that are escaped themselves.
const open = ["recovery codes, base64 of JSON", "JSON with a PEM file in JSON, base64 of JSON"];

const named = Object.entries(values).flatMap(([value, text]) =>
  Object.entries(forms)
    .map(([form, print]) => ({ value, form, text, print }))
    .filter(({ form }) => !open.includes(`${value}, ${form}`)),
);

test.each(named)("$value, $form", ({ text, print }) => {
  const redactor = createRedactor(deriveNeedles([text]));
  const shown = Buffer.concat([
    ...redactor.write(Buffer.from(print(text))).map((piece) => Buffer.from(piece)),
    ...redactor.end(),
  ]).toString();
  // What is public, and what stands between two lines, shows.
  const pieces = shown
    .replaceAll(/-----(BEGIN|END)[ +%\w]*-----|web-1 \||value=?|LS0tLS1\w*|2d2d2d2d\w*/g, "")
    .split(/\*\*\*|\n/);
  expect(Math.max(...pieces.map((piece) => piece.length)), shown.slice(0, 500)).toBeLessThan(60);
  const letters = pieces.join("").replaceAll(/[^A-Za-z0-9]/g, "").length;
  expect(letters, shown.slice(0, 500)).toBeLessThan(300);
});
