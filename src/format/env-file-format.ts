import { formatDocker } from "./docker.ts";
import { dockerCompose } from "./dotenv/docker-compose.ts";
import { type Dialect, mergeDotenv } from "./dotenv/merge.ts";
import { nodeDotenv } from "./dotenv/node-dotenv.ts";
import { phpdotenv } from "./dotenv/phpdotenv.ts";
import { portable } from "./dotenv/portable.ts";
import { pythonDotenv } from "./dotenv/python-dotenv.ts";
import { rubyDotenv } from "./dotenv/ruby-dotenv.ts";
import { formatGitHub } from "./github.ts";
import { formatJson } from "./json.ts";
import { formatShell } from "./shell.ts";
import { formatYaml } from "./yaml.ts";

/** Formats that are merged into an existing file: .env files, for all readers or for one. */
const dialects = {
  dotenv: portable,
  phpdotenv,
  laravel: phpdotenv,
  "node-dotenv": nodeDotenv,
  "python-dotenv": pythonDotenv,
  "ruby-dotenv": rubyDotenv,
  "docker-compose": dockerCompose,
} as const satisfies Record<string, Dialect>;

/** Formats that replace the file. */
const formats = {
  json: formatJson,
  yaml: formatYaml,
  shell: formatShell,
  docker: formatDocker,
  github: formatGitHub,
} as const;

export type EnvFileFormat = keyof typeof dialects | keyof typeof formats;

const [forAll, ...forOne] = Object.keys(dialects);

export const envFileFormats = [forAll, ...Object.keys(formats), ...forOne] as readonly EnvFileFormat[];

export function isEnvFileFormat(text: string): text is EnvFileFormat {
  return (envFileFormats as readonly string[]).includes(text);
}

/** Whether a format keeps what is in the file already. */
export function isMerged(format: EnvFileFormat): format is keyof typeof dialects {
  return Object.hasOwn(dialects, format);
}

/**
 * Formats an env file.
 *
 * @param existing the current text, for a format that is merged into it
 * @param suggest what to do about values that all readers together cannot read, as a sentence
 * @throws {StashError} `VALUES_REFUSED`
 */
export function formatEnvFile(
  format: EnvFileFormat,
  existing: string,
  variables: ReadonlyMap<string, string>,
  suggest?: () => string,
): string {
  if (!isMerged(format)) return formats[format](variables);
  return mergeDotenv(existing, variables, dialects[format], format === "dotenv" ? suggest : undefined);
}
