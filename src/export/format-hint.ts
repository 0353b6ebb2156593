import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { EnvFileFormat } from "../format/env-file-format.ts";
import type { EnvFileRequest } from "../inputs/env-files.ts";
import { printable } from "../lib/printable.ts";
import { readPlainFile } from "../lib/safe-file.ts";

const MAX_MANIFEST = 1024 * 1024;

// By which file a project shows which reader of .env files it uses, and the text in it that says so.
const signs: readonly { file: RegExp; holds?: RegExp; format: EnvFileFormat }[] = [
  { file: /^artisan$/, format: "phpdotenv" },
  { file: /^composer\.json$/, holds: /"(vlucas\/phpdotenv|laravel\/framework)"/, format: "phpdotenv" },
  { file: /^package\.json$/, holds: /"dotenv(-\w+)?"\s*:/, format: "node-dotenv" },
  {
    file: /^(requirements.*\.txt|pyproject\.toml|setup\.cfg|Pipfile)$/,
    holds: /\bpython-dotenv\b/,
    format: "python-dotenv",
  },
  { file: /^(Gemfile|gems\.rb)$/, holds: /['"]dotenv(-rails)?['"]/, format: "ruby-dotenv" },
  { file: /^(docker-)?compose(\..+)?\.ya?ml$/, format: "docker-compose" },
];

/**
 * The line that makes an env file hold what the dotenv format cannot: with the format of the reader that the files next to it, or at the top
 * of the workspace, speak of. Those files only decide what is suggested.
 */
export function suggestFormat({ path, rules }: EnvFileRequest, workspace: string): string {
  const format = findFormat(dirname(resolve(workspace, path))) ?? findFormat(resolve(workspace));
  const chosen = rules.length === 0 ? "" : ` ${rules.map(({ text }) => printable(text)).join(", ")}`;
  const example = `env-file: ${printable(path)}:${format ?? "phpdotenv"}${chosen}`;
  return format === undefined
    ? `Name the one reader of the file, which then gets its own escapes: ${example} (or node-dotenv, python-dotenv, ruby-dotenv, docker-compose).`
    : `If ${format} is what reads the file, write: ${example}`;
}

function findFormat(folder: string): EnvFileFormat | undefined {
  const names = listFiles(folder);
  const found = signs.find(({ file, holds }) =>
    names.some(
      (name) => file.test(name) && (holds === undefined || holds.test(readText(join(folder, name)))),
    ),
  );
  return found?.format;
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readPlainFile(path, MAX_MANIFEST).bytes.toString("utf8");
  } catch {
    return "";
  }
}
