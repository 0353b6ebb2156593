import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { isInstalled } from "../property/dotenv-readers.ts";

// What the official clients do with a .env file, from their sources (docs/protocol.md): both take a line apart by one expression and know
// nothing of values of several lines; both write `NAME=` and the stored text. The PHP client keeps quotes and trailing blanks, the Node client
// takes off one pair of quotes.

export type Stored = [name: string, value: string][];

// White space is ASCII's in PHP's expressions; in JavaScript's, `.` does not match U+2028.
const LINE_IN_PHP = /^[ \t\v\f]*(?:export[ \t\v\f]+)?([^= \t\v\f]+)[ \t\v\f]*=[ \t\v\f]*([\s\S]*)$/;
const LINE_IN_NODE = /^\s*(?:export\s+)?([^=\s]+)\s*=\s*(.*?)\s*$/;

export const officialClients: Record<"PHP" | "Node", (text: string) => Stored> = {
  PHP: (text) => parse(text, LINE_IN_PHP, (value) => value),
  Node: (text) => parse(text, LINE_IN_NODE, (value) => value.replace(/^(["'])(.*)\1$/, "$2")),
};

function parse(text: string, expression: RegExp, store: (value: string) => string): Stored {
  const stored = new Map<string, string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, name, value = ""] = /^\s*(#|$)/.test(line) ? [] : (expression.exec(line) ?? []);
    const isKept = name !== undefined && !/^(SECRET_STASH_.*|APP_KEY|APP_ENV)$/.test(name);
    if (isKept) stored.set(name, store(value));
  }
  return [...stored];
}

/** What both clients' `variables pull` write where there is no file. */
export function officialPull(stored: Stored): string {
  return stored.map(([name, value]) => `${name}=${value}`).join("\n");
}

export const hasPhpdotenv = isInstalled("php", "-r", 'require "/usr/share/php/Dotenv/autoload.php";');

/** What an application reads from each text, or `null` if it stops with an error. */
export function readAsApplication(texts: readonly string[]): (Record<string, string> | null)[] {
  return JSON.parse(runPhp("read-env.php", [], texts));
}

/** A checkout of the official PHP client, to run its own code. Without it, those tests are skipped. */
export const officialPhpClient = process.env.OFFICIAL_PHP_CLIENT ?? "";

/** What the official client's own code sends for a .env file: names and payloads. */
export function pushWithOfficialCode(text: string, dek: Buffer): [name: string, payload: object][] {
  const input = { text, dek: dek.toString("base64") };
  return JSON.parse(runPhp("official-client.php", [officialPhpClient, "push"], input));
}

export function pullWithOfficialCode(stored: Stored): string {
  return runPhp("official-client.php", [officialPhpClient, "pull"], stored);
}

function runPhp(script: string, args: readonly string[], input: unknown): string {
  const { status, stdout, stderr } = spawnSync("php", [join(import.meta.dirname, script), ...args], {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}${stdout.slice(0, 500)}`);
  return stdout;
}
