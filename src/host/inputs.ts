import { StashError } from "../errors.ts";

/** Every input and the text it has when it is not given. `action.yml` and the README are held against this table. */
export const inputDefaults = {
  "api-token": "",
  "application-id": "",
  environment: "",
  "api-url": "https://secretstash.cloud",
  ttl: "15",
  label: "",
  "grant-key": "",
  ignore: "APP_KEY, APP_ENV",
  "allow-names": "",
  "export-env": "true",
  outputs: "false",
  "env-file": "",
  "keep-env-file": "false",
  revoke: "true",
  timeout: "60",
} as const;

export type InputName = keyof typeof inputDefaults;

export interface Inputs {
  apiToken: string;
  applicationId: string;
  /** slug */
  environment: string;
  /** https, or http on loopback */
  apiUrl: URL;
  ttlMinutes: number;
  /** empty: the host's default */
  label: string;
  /** a key, or the path of a file that holds one; empty when none is given */
  grantKey: string;
  ignore: readonly string[];
  allowNames: readonly string[];
  exportEnv: boolean;
  outputs: boolean;
  /** path, relative to the workspace or absolute; empty when none is wanted */
  envFile: string;
  keepEnvFile: boolean;
  revoke: boolean;
  timeoutSeconds: number;
}

/**
 * Turns every input into one typed value.
 *
 * @param given an input's text, or `""`
 * @throws {StashError} `INPUTS_INVALID`, with every mistake at once
 */
export function parseInputs(given: (name: InputName) => string): Inputs {
  const mistakes: string[] = [];
  const text = (name: InputName) => given(name).trim() || inputDefaults[name];
  const check = (name: InputName, ok: boolean, expected: string) => {
    if (!ok) mistakes.push(`${name}: ${expected}`);
  };

  const required = (name: InputName, remedy: string) => {
    check(name, text(name) !== "", `is missing. ${remedy}`);
    return text(name);
  };
  const identifier = (name: InputName, remedy: string) => {
    const value = required(name, remedy);
    check(name, !/^\.{1,2}$|\p{Cc}/u.test(value), `is not an id. ${remedy}`);
    return value;
  };
  const flag = (name: InputName) => {
    check(name, /^(true|false)$/i.test(text(name)), "must be true or false");
    return /^true$/i.test(text(name));
  };
  const wholeNumber = (name: InputName, [least, most]: readonly [number, number], unit: string) => {
    const number = /^\d{1,9}$/.test(text(name)) ? Number(text(name)) : Number.NaN;
    check(
      name,
      number >= least && number <= most,
      `must be a whole number of ${unit} from ${least} to ${most}`,
    );
    return number;
  };
  const names = (name: InputName) =>
    text(name)
      .split(/[\s,]+/)
      .filter(Boolean);

  const apiToken = required("api-token", "Make a token in SecretStash and pass it from a secret.");
  check(
    "api-token",
    /^[\x21-\x7e]*$/.test(apiToken),
    "holds white space or characters that no token has. Paste it again.",
  );
  const label = text("label");
  check("label", label.length <= 255, "must be at most 255 characters");
  const envFile = text("env-file");
  check("env-file", !/\p{Cc}|[/\\]$/u.test(envFile), "must be the path of a file");

  const inputs: Inputs = {
    apiToken,
    applicationId: identifier("application-id", "Copy it from the application's page in SecretStash."),
    environment: identifier("environment", "Set it to an environment's slug, such as testing."),
    apiUrl: parseApiUrl(text("api-url"), (expected) => check("api-url", false, expected)),
    ttlMinutes: wholeNumber("ttl", [5, 60], "minutes"),
    label,
    grantKey: text("grant-key"),
    ignore: names("ignore"),
    allowNames: names("allow-names"),
    exportEnv: flag("export-env"),
    outputs: flag("outputs"),
    envFile,
    keepEnvFile: flag("keep-env-file"),
    revoke: flag("revoke"),
    timeoutSeconds: wholeNumber("timeout", [1, 3600], "seconds"),
  };
  if (mistakes.length === 0) return inputs;
  throw new StashError(
    "INPUTS_INVALID",
    `The inputs cannot be used as they are:\n${mistakes.map((m) => `- ${m}`).join("\n")}`,
  );
}

function parseApiUrl(text: string, refuse: (expected: string) => void): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    refuse("must be an https address, such as https://secretstash.cloud");
  } else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    refuse("must be https: over http the token could be read on the way (http is accepted on loopback only)");
  } else if (url.username || url.password || url.search || url.hash) {
    refuse("must be the bare address: no user, password, query or fragment");
  } else if (/\/api\/*$/.test(url.pathname)) {
    refuse("must be the address without /api, which is added");
  }
  return url ?? new URL(inputDefaults["api-url"]);
}

/** RFC 6761 section 6.3 and RFC 5735: `localhost` and 127.0.0.0/8 never leave the machine; `[::1]` is their IPv6 peer. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
