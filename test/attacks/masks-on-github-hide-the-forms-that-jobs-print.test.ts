import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { runnerMasks } from "../../src/redact/runner-masks.ts";
import { createMasker } from "../runner/masker.ts";
import { startSession } from "../support/session.ts";

// Attack 18: what jobs print of a value in the forms that GitHub's runner does not derive from it.

const key = "sk_live_".padEnd(68, "4eC39HqLyjWDarjtT1zdp7dc+");
const password = `p@$$ w0rd'(*)!"&<é>/~`;
const pem = `-----BEGIN PRIVATE KEY-----\n${Array.from({ length: 6 }, (_, line) => `${line}MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDLpZ1u/yq+e0B`.slice(0, 64)).join("\n")}\n-----END PRIVATE KEY-----\n`;
const url = "postgres://app:p%40ss%20w0rd@db.example.test/app";
const account = JSON.stringify({ id: 1234567890, note: "naïve leaf/with slash", port: 5432 });
const values = { KEY: key, PASSWORD: password, PEM: pem, URL: url, ACCOUNT: account };

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const [bash, sh] = [
  ["bash", "--norc", "-c"], // With a socket for its input, bash would read .bashrc.
  ["sh", "-c"],
];
const printed: [form: string, command: string[], program: string][] = [
  ["base64 at 76 columns", [...sh, 'printf %s "$VALUE" | base64'], "base64"],
  ["base64 of the value and a newline", [...sh, 'echo "$VALUE" | base64'], "base64"],
  ["base64 at 64 columns", [...sh, 'printf %s "$VALUE" | openssl base64'], "openssl"],
  ["base64 in one line", [...sh, 'printf %s "$VALUE" | base64 -w0'], "base64"],
  ["printf %q", [...bash, 'printf "%q\\n" "$VALUE"'], "bash"],
  ["declare -p", [...bash, "declare -p VALUE"], "bash"],
  ["export -p", [...sh, "export -p | grep -v HOME"], "sh"],
  ["set -x", [...bash, 'set -x; : "$VALUE"'], "bash"],
  ["dollar signs doubled", ["node", "-p", "process.env.VALUE.replaceAll('$', '$$$$')"], "node"],
  [
    "percent in lower case",
    ["node", "-p", "encodeURIComponent(process.env.VALUE).replace(/%../g, (o) => o.toLowerCase())"],
    "node",
  ],
  ["encodeURIComponent", ["node", "-p", "encodeURIComponent(process.env.VALUE)"], "node"],
  [
    "+ for a space",
    ["node", "-p", "new URLSearchParams([['', process.env.VALUE]]).toString().slice(1)"],
    "node",
  ],
  ["JSON with \\/", ["node", "-p", "JSON.stringify(process.env.VALUE).replaceAll('/', '\\\\/')"], "node"],
  [
    "ASCII-only JSON",
    ["python3", "-c", "import json, os; print(json.dumps(os.environ['VALUE']))"],
    "python3",
  ],
  [
    "HTML with &#39;",
    [
      "node",
      "-p",
      `process.env.VALUE.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c])`,
    ],
    "node",
  ],
  [
    "HTML by Python",
    ["python3", "-c", "import html, os; print(html.escape(os.environ['VALUE']))"],
    "python3",
  ],
  [
    "hex with colons",
    ["node", "-p", "Buffer.from(process.env.VALUE).toString('hex').replace(/..(?!$)/g, '$&:')"],
    "node",
  ],
  [
    "hex with spaces",
    ["node", "-p", "Buffer.from(process.env.VALUE).toString('hex').replace(/..(?!$)/g, '$& ')"],
    "node",
  ],
];

test.each(printed)("%s", (_, [file = "", ...args], program) => {
  if (!has(program)) return;
  for (const [name, value] of Object.entries(values)) {
    const { stdout, stderr } = spawnSync(file === "node" ? process.execPath : file, args, {
      env: { PATH: process.env.PATH ?? "", VALUE: value, LC_ALL: "C.UTF-8" },
      encoding: "utf8",
    });
    const text = (stdout + stderr).replaceAll(
      /(declare -x |export )?VALUE=|^\+ : ?|export (PWD|OLDPWD|PATH|LC_ALL|SHLVL|_)=.*/gm,
      "",
    );
    expect(longestShown(text, value), `${name}: ${text}`).toBeLessThan(6);
  }
});

test("user and password of a URL in Basic authentication, and a number of JSON from six digits", () => {
  const masker = maskerOf(Object.values(values));
  const basic = Buffer.from("app:p@ss w0rd").toString("base64");
  expect(masker.mask(`Authorization: Basic ${basic}`)).toBe("Authorization: Basic ***");
  expect(masker.mask("app:p@ss w0rd")).toBe("***");
  expect(masker.mask("id 1234567890, port 5432")).toBe("id ***, port 5432");
});

test("negative control: with the value alone registered, most of these forms show", () => {
  const masker = createMasker();
  masker.add(key);
  const wrapped =
    Buffer.from(`${key}\n`)
      .toString("base64")
      .match(/.{1,76}/g)
      ?.join("\n") ?? "";
  expect(masker.mask(wrapped.split("\n")[0] ?? "")).not.toContain("***");
});

test("through main, in the log of a job", async () => {
  const session = await startSession({ variables: values });
  const step = session.step();
  expect(await step.main()).toBe(0);
  await session.job.run(
    'base64 <<< "$KEY"; printf "%s" "$PEM" | base64; printf "%q\\n" "$PASSWORD"; declare -p PASSWORD',
  );
  const log = session.job.log.lines.join("\n");
  for (const value of Object.values(values)) {
    for (const part of Buffer.from(value)
      .toString("base64")
      .match(/.{1,38}/g)
      ?.slice(0, -1) ?? [])
      expect(log).not.toContain(part);
  }
  expect(log).not.toContain("w0rd");
  await step.post();
});

function maskerOf(secrets: Iterable<string>) {
  const masker = createMasker();
  for (const mask of runnerMasks(secrets)) masker.add(mask);
  return masker;
}

/** The longest run of characters that is left of a form, without what frames and separates. */
function longestShown(text: string, value: string): number {
  const masker = maskerOf([value]);
  const pieces = text.split("\n").flatMap((line) => masker.mask(line).split("***"));
  const frame =
    /-----(BEGIN|END)[ +%A-Za-z0-9]*-----|%0[aAdD]|\\n|\\\\n|[{}:,"'$=\\\s]|note|port|5432|id|%[0-9a-fA-F]{2}|Cg==|Cg$/g;
  return Math.max(0, ...pieces.map((piece) => piece.replace(frame, "").length));
}
