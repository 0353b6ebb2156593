/** Every input, and the text it has when it is not given. Tests hold `action.yml`, the README and the templates against this table. */
export const inputDefaults = {
  "api-token": "",
  "application-id": "",
  environment: "",
  "broker-url": "",
  "id-token": "",
  "grant-key": "",
  "grant-wait": "0",
  "approval-webhook": "",
  "dek-fingerprint": "",
  variables: "*",
  required: "",
  prefix: "",
  unquote: "true",
  "resolve-references": "false",
  "export-env": "true",
  run: "",
  shell: "bash",
  "working-directory": ".",
  outputs: "false",
  "env-file": "",
  "env-file-format": "dotenv",
  "keep-env-file": "false",
  files: "",
  unmasked: "",
  "min-mask-length": "0",
  ignore: "APP_KEY, APP_ENV",
  "allow-names": "",
  "environment-types": "",
  "on-missing-credentials": "fail",
  "api-url": "https://secretstash.cloud",
  ttl: "15",
  label: "",
  revoke: "true",
  "leak-check": "warn",
  "leak-ignore": "",
  summary: "false",
  timeout: "60",
  "ca-file": "",
} as const;

export type InputName = keyof typeof inputDefaults;

/** The environment variable from which an input is read as well. */
export function inputVariable(name: string): string {
  return `SECRET_STASH_${name.replaceAll("-", "_").toUpperCase()}`;
}

/**
 * The only inputs that the GitHub Action also takes from variables. Every earlier step can set a variable for the later ones, through
 * `GITHUB_ENV`, so none that decides about security comes from there.
 */
export const variableInputs: readonly string[] = ["api-token", "grant-key", "application-id", "environment"];

/** Inputs of the GitHub Action only. Elsewhere `exec` runs commands, and there are neither outputs nor a summary page. */
export const gitHubInputs: readonly string[] = ["run", "shell", "working-directory", "outputs", "summary"];
