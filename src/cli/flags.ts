import { readFileSync } from "node:fs";
import { gitHubInputs, inputDefaults } from "../inputs/defaults.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { readFileOrPipe } from "../lib/safe-file.ts";
import type { Call, Flags } from "./command.ts";

/** Inputs that never come from a flag, because anybody who can list processes can read command lines. */
export const secretInputs = ["api-token", "id-token", "grant-key", "approval-webhook"] as const;

/** Secrets come from a variable, a file or standard input. */
export const secretFileFlags: Flags = {
  "api-token-file": { value: "FILE", description: "File that holds the API token; - for standard input." },
  "id-token-file": {
    value: "FILE",
    description: "File that holds the job's OIDC token; - for standard input.",
  },
  "grant-key-file": { value: "FILE", description: "File that holds the grant key; - for standard input." },
  "approval-webhook-file": {
    value: "FILE",
    description: "File that holds the address of the input approval-webhook; - for standard input.",
  },
};

/**
 * The flag of the input `env-file`. Node itself looks for `--env-file` among all arguments, also among those of the program, and runs what the
 * file says in NODE_OPTIONS before the program starts (src/node_dotenv.cc). A pull request can contain such a file.
 */
export const ENV_FILE_FLAG = "write-env-file";

/** The flags of every command that pulls. */
export const inputFlags: Flags = {
  ...Object.fromEntries(
    Object.keys(inputDefaults)
      .filter((name) => ![...secretInputs, ...gitHubInputs, "env-file"].includes(name))
      .map((name) => [name, { value: "VALUE" }]),
  ),
  [ENV_FILE_FLAG]: {
    value: "FILE",
    description:
      "Path of a file to write; the input env-file. For several files, one path, path:format or path:format RULES on each line.",
  },
  ...secretFileFlags,
};

export const sessionFlag: Flags = {
  "session-dir": {
    value: "DIR",
    description: "Directory of the session. Default: SECRET_STASH_SESSION_DIR, which pull sets.",
  },
};

/**
 * The inputs that were given as flags, with secrets read from their files.
 *
 * @throws {StashError} `USAGE` for a file that cannot be read
 */
export async function readGivenInputs({ flags }: Pick<Call, "flags">): Promise<Map<string, string>> {
  const given = new Map<string, string>();
  for (const [name, value] of flags) {
    if (typeof value !== "string") continue;
    const isFile = Object.hasOwn(secretFileFlags, name);
    if (name === ENV_FILE_FLAG) given.set("env-file", value);
    else
      given.set(isFile ? name.replace(/-file$/, "") : name, isFile ? await readSecret(name, value) : value);
  }
  return given;
}

async function readSecret(flag: string, path: string): Promise<string> {
  try {
    const bytes = path === "-" ? readFileSync(0) : await readFileOrPipe(path);
    return bytes.toString("utf8").trim();
  } catch (cause) {
    throw new StashError(
      "USAGE",
      `The file given with --${flag} cannot be read (${systemCode(cause)}). Check the path and its permissions.`,
      { cause },
    );
  }
}
