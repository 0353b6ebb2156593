import { spawnSync } from "node:child_process";
import { parse } from "dotenv";
import { readAsCompose } from "./compose-reader.ts";

/** The real readers of a dotenv file. Each reads a file and gives back all variables it finds there. */
export interface DotenvReader {
  name: string;
  /** the Debian package to install where it is missing */
  package: string;
  isInstalled(): boolean;
  read(file: string, text: string): Record<string, string>;
  /** what a version that Debian ships cannot read although its successors can */
  cannotRead?: (value: string) => boolean;
}

export const posixShells: DotenvReader[] = ["bash", "dash", "busybox"].map(posixShell);

export const dotenvReaders: DotenvReader[] = [
  { name: "npm's dotenv", package: "", isInstalled: () => true, read: (_, text) => parse(text) },
  { name: "compose-go", package: "", isInstalled: () => true, read: (_, text) => readAsCompose(text) },
  ...posixShells,
  {
    name: "vlucas/phpdotenv",
    package: "php-cli php-vlucas-phpdotenv",
    isInstalled: () => isInstalled("php", "-r", `require "${phpAutoload}";`),
    read: (file) => readJson("php", ["-r", readWithPhp, file]),
  },
  {
    name: "python-dotenv",
    package: "python3-dotenv",
    isInstalled: () => isInstalled("/usr/bin/python3", "-c", "import dotenv"),
    read: (file) => readJson("/usr/bin/python3", ["-c", readWithPython, file]),
  },
  {
    name: "ruby's dotenv",
    package: "ruby-dotenv",
    isInstalled: () => isInstalled("ruby", "-rdotenv", "-e", ""),
    read: (file) => readJson("ruby", ["-rjson", "-rdotenv", "-e", readWithRuby, file]),
    // Debian 12's 2.4.0 (2018) splits the file at line feeds before it looks for quotes; 2.5 and later do not.
    cannotRead: (value) => value.includes("\n") && rubyDotenvSplitsLines,
  },
];

export function readerNamed(name: string): DotenvReader {
  const found = dotenvReaders.find((reader) => reader.name === name);
  if (found === undefined) throw new Error(`there is no reader ${name}`);
  return found;
}

const phpAutoload = "/usr/share/php/Dotenv/autoload.php";
const readWithPhp = `
  require "${phpAutoload}";
  $read = Dotenv\\Dotenv::createArrayBacked(dirname($argv[1]), basename($argv[1]))->load();
  echo json_encode((object) $read, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);`;
const readWithPython = `
import json, sys
from dotenv import dotenv_values
print(json.dumps(dotenv_values(sys.argv[1])))`;
const readWithRuby = `
  file = ARGV[0]
  read = Dotenv.respond_to?(:parse) ? Dotenv.parse(file).to_h : Hash[Dotenv::Environment.new(file, true)]
  puts JSON.generate(read)`;
const rubyDotenvSplitsLines = isInstalled("ruby", "-rdotenv", "-e", "exit !Dotenv.respond_to?(:parse)");

function posixShell(shell: string): DotenvReader {
  const command = shell === "busybox" ? ["busybox", "sh"] : [shell];
  const [file = "", ...args] = command;
  return {
    name: `${shell}, set -a; . file`,
    package: shell,
    isInstalled: () => isInstalled(file, ...args, "-c", ":"),
    read: (path) => {
      const script = [...args, "-c", 'set -a; . "$1"; exec /usr/bin/env -0', "sh", path];
      const lines = run(file, script).split("\0").filter(Boolean);
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      );
    },
  };
}

export function readJson(file: string, args: string[]): Record<string, string> {
  return JSON.parse(run(file, args));
}

function run(file: string, args: string[]): string {
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" };
  const { status, stdout, stderr } = spawnSync(file, args, { env, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return stdout;
}

export function isInstalled(file: string, ...args: string[]): boolean {
  return spawnSync(file, args, { stdio: "ignore" }).status === 0;
}
