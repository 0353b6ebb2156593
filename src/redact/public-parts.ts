/**
 * Parts of well-known credentials that are the same in everybody's, and printed by every other program. Masked alone, they would black out
 * ordinary lines of a log. The whole value and its other parts are masked as ever.
 */
interface Shape {
  /** keys that make a JSON object one of this shape */
  marks: readonly string[];
  /** keys whose text is public, at any depth */
  publicKeys: RegExp;
}

const shapes: readonly Shape[] = [
  // Google Cloud: service account, authorized user, workload identity (google-auth-library, src/auth/credentials.ts; google.aip.dev/auth/4110)
  {
    marks: ["type"],
    publicKeys: /^(type|auth_uri|token_uri|token_url|subject_token_type|universe_domain|\w*_cert_url)$/,
  },
  // kubeconfig (kubernetes.io, Reference, kubeconfig v1)
  { marks: ["apiVersion", "kind"], publicKeys: /^(apiVersion|kind|interactiveMode)$/ },
  // Docker's config.json (docker/cli, cli/config/configfile/file.go)
  { marks: ["auths"], publicKeys: /^(credsStore|currentContext|detachKeys|\w+Format)$/ },
  // AWS: credential_process, the metadata service, sts (docs.aws.amazon.com/cli, Sourcing credentials with an external process)
  {
    marks: ["AccessKeyId", "SecretAccessKey"],
    publicKeys: /^(Version|Code|Type|Expiration|LastUpdated|Status|CreateDate)$/,
  },
  { marks: ["Credentials"], publicKeys: /^Expiration$/ },
  { marks: ["AccessKey"], publicKeys: /^(Status|CreateDate)$/ },
  // AWS Secrets Manager, secrets of databases (docs.aws.amazon.com/secretsmanager, JSON structure of secrets)
  { marks: ["engine", "password"], publicKeys: /^engine$/ },
];

// Which values of `type` make a JSON object one of Google's: the key alone is in many others.
const GOOGLE =
  /^(service_account|authorized_user|external_account|impersonated_service_account|gdch_service_account)$/;

/** The keys whose text is public in a JSON value; `undefined` if it is of no known shape. */
export function publicKeysOf(root: unknown): RegExp | undefined {
  if (typeof root !== "object" || root === null) return undefined;
  const shape = shapes.find(({ marks }) => marks.every((mark) => Object.hasOwn(root, mark)));
  if (shape?.marks[0] === "type" && !GOOGLE.test(String((root as { type: unknown }).type))) return undefined;
  return shape?.publicKeys;
}

// The first and last line of PEM (RFC 7468 section 2).
const ARMOUR = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;
// What every kubeconfig in YAML has: its head, and keys without a value.
const KUBECONFIG = [/^apiVersion: v1\s*$/m, /^kind: Config\s*$/m];
const KUBECONFIG_LINE = /^(apiVersion: v1|kind: Config|(- )?[A-Za-z-]+:( \{\}| \[\]| null)?)$/;
const JSON_MEMBER = /^"([\w-]+)"\s*:\s*"[^"\\]*",?$/;

/** @returns tells whether a line of this text, without the white space around it, is public */
export function publicLinesOf(text: string): (line: string) => boolean {
  const isKubeconfig = KUBECONFIG.every((head) => head.test(text));
  const keys = /^\s*\{/.test(text) ? publicKeysOf(parse(text)) : undefined;
  return (line) =>
    ARMOUR.test(line) ||
    (isKubeconfig && KUBECONFIG_LINE.test(line)) ||
    (keys?.test(JSON_MEMBER.exec(line)?.[1] ?? "") ?? false);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
