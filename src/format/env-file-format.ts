import { formatDocker } from "./docker.ts";
import { mergeDotenv } from "./dotenv.ts";
import { formatGitHub } from "./github.ts";
import { formatJson } from "./json.ts";
import { formatShell } from "./shell.ts";
import { formatYaml } from "./yaml.ts";

export const envFileFormats = ["dotenv", "json", "yaml", "shell", "docker", "github"] as const;

export type EnvFileFormat = (typeof envFileFormats)[number];

export function isEnvFileFormat(text: string): text is EnvFileFormat {
  return (envFileFormats as readonly string[]).includes(text);
}

/**
 * Formats an env file.
 *
 * @param existing the current text: dotenv is merged into it, the other formats replace it
 * @throws {StashError} `VALUES_REFUSED`
 */
export function formatEnvFile(
  format: EnvFileFormat,
  existing: string,
  variables: ReadonlyMap<string, string>,
): string {
  switch (format) {
    case "dotenv":
      return mergeDotenv(existing, variables);
    case "json":
      return formatJson(variables);
    case "yaml":
      return formatYaml(variables);
    case "shell":
      return formatShell(variables);
    case "docker":
      return formatDocker(variables);
    case "github":
      return formatGitHub(variables);
  }
}
