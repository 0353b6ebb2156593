import { refuseUncarried } from "./refusal.ts";

export interface AzureSettings {
  /** `DECODE_PERCENTS`: whether the agent turns `%AZP25` back into `%` (its default) */
  decodesPercents: boolean;
  /** `SYSTEM_UNSAFEALLOWMULTILINESECRET` */
  allowsMultiLine: boolean;
}

/**
 * Formats logging commands that set secret variables for later steps (microsoft/azure-pipelines-agent, CommandStringConvertor.cs,
 * TaskCommandExtension.cs).
 *
 * @throws {StashError} `VALUES_REFUSED` for values that the agent would change, or would refuse by printing the command
 */
export function formatAzureVariables(
  variables: ReadonlyMap<string, string>,
  settings: AzureSettings,
): string {
  refuseUncarried("Azure Pipelines", variables, (_, value) => {
    if (/[\r\n]/.test(value) && !settings.allowsMultiLine) {
      return "it has line breaks, which Azure Pipelines does not accept in a secret (use exec or env-file)";
    }
    if (/\$\([^)]+\)/.test(value)) return "it contains $(…), which Azure Pipelines replaces in later steps";
    if (value.includes("%") && !settings.decodesPercents) return "it contains %, and DECODE_PERCENTS is off";
    return undefined;
  });
  return [...variables]
    .map(([name, value]) => `##vso[task.setvariable variable=${name};issecret=true]${escapeData(value)}\n`)
    .join("");
}

/** Formats a variable that later steps find in their environment, and that may show in the log. */
export function formatAzurePlainVariable(name: string, value: string): string {
  return `##vso[task.setvariable variable=${name}]${escapeData(value)}\n`;
}

/** Formats commands that make the agent hide strings. It masks line by line, so a string with line breaks would have no effect. */
export function formatAzureMasks(secrets: Iterable<string>): string {
  return [...secrets]
    .filter((secret) => !/[\r\n]/.test(secret))
    .map((secret) => `##vso[task.setsecret]${escapeData(secret)}\n`)
    .join("");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%AZP25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
