// Parts of well-known credentials that are the same in everybody's, and printed by every other program. Masked alone, they would black out
// ordinary lines of a log. The whole value and its other parts are masked as ever. A part is public by its place and by its text: the service
// chooses what is stored, and a password under a public key is still a password.

/** What is public in JSON of one shape: the path of a key from the root, and what it may hold. */
interface Shape {
  /** keys that the root must have, and what the first one must hold */
  marks: readonly string[];
  kind?: RegExp;
  parts: readonly (readonly [path: RegExp, text: RegExp])[];
}

const ISO_DATE = /^\d{4}-\d\d-\d\dT[\d:.]{5,}(Z|[+-]\d\d:?\d\d)$/;
const GOOGLE_ADDRESS =
  /^https:\/\/(accounts\.google\.com|(www|oauth2|sts|iamcredentials)\.googleapis\.com)(\/[\w.~%@/-]*)?$/;

const shapes: readonly Shape[] = [
  // Google Cloud: service account, authorized user, workload identity (google-auth-library, src/auth/credentials.ts; AIP-4110, AIP-4117)
  {
    marks: ["type"],
    kind: /^(service_account|authorized_user|external_account|impersonated_service_account|gdch_service_account)$/,
    parts: [
      [/^type$/, /^\w+$/],
      [/^(auth_uri|token_uri|token_url|\w*_cert_url)$/, GOOGLE_ADDRESS],
      [/^subject_token_type$/, /^urn:ietf:params:[\w:.-]+$/],
      [/^universe_domain$/, /^googleapis\.com$/],
    ],
  },
  // kubeconfig (kubernetes.io, Reference, kubeconfig v1)
  {
    marks: ["kind", "apiVersion"],
    kind: /^Config$/,
    parts: [
      [/^kind$/, /^Config$/],
      [/^apiVersion$/, /^v1$/],
    ],
  },
  // Docker's config.json (docker/cli, cli/config/configfile/file.go; the helpers that are shipped)
  {
    marks: ["auths"],
    parts: [
      [
        /^(credsStore|credHelpers\..+)$/,
        /^(desktop|osxkeychain|wincred|secretservice|pass|ecr-login|gcloud|gcr|acr-env|acr)$/,
      ],
    ],
  },
  // AWS: credential_process, the metadata service, sts, iam (docs.aws.amazon.com/cli, Sourcing credentials with an external process)
  {
    marks: ["AccessKeyId", "SecretAccessKey"],
    parts: [
      [/^(Expiration|LastUpdated)$/, ISO_DATE],
      [/^Code$/, /^Success$/],
      [/^Type$/, /^AWS-HMAC$/],
    ],
  },
  { marks: ["Credentials"], parts: [[/^Credentials\.Expiration$/, ISO_DATE]] },
  {
    marks: ["AccessKey"],
    parts: [
      [/^AccessKey\.Status$/, /^(Active|Inactive)$/],
      [/^AccessKey\.CreateDate$/, ISO_DATE],
    ],
  },
  // AWS Secrets Manager, secrets of databases (docs.aws.amazon.com/secretsmanager, JSON structure of secrets)
  {
    marks: ["engine", "password"],
    parts: [
      [
        /^engine$/,
        /^(mysql|mariadb|postgres|oracle|sqlserver|db2|mongo|redshift|aurora(-mysql|-postgresql)?)$/,
      ],
    ],
  },
];

/** Tells whether a text in a JSON value is public; `path` is its keys from the root, joined by dots. */
export type IsPublic = (path: string, text: string) => boolean;

/** @returns `undefined` if the value is of no known shape */
export function publicPartsOf(root: unknown): IsPublic | undefined {
  if (typeof root !== "object" || root === null) return undefined;
  const shape = shapes.find(({ marks: [first = "", ...others], kind }) => {
    const value = Object.hasOwn(root, first) && (root as Record<string, unknown>)[first];
    const isKind = kind === undefined ? value !== false : typeof value === "string" && kind.test(value);
    return isKind && others.every((mark) => Object.hasOwn(root, mark));
  });
  return (
    shape && ((path, text) => shape.parts.some(([place, holds]) => place.test(path) && holds.test(text)))
  );
}

// The first and last line of PEM (RFC 7468 section 2).
const ARMOUR = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;
// What every kubeconfig in YAML has: its head, and keys without a value.
const KUBECONFIG = [/^apiVersion: v1\s*$/m, /^kind: Config\s*$/m];
const KUBECONFIG_LINE = /^(apiVersion: v1|kind: Config|(- )?[A-Za-z-]+:( \{\}| \[\]| null)?)$/;
const JSON_MEMBER = /^"([\w-]+)"\s*:\s*"([^"\\]*)",?$/;

/** @returns tells whether a line of this text, without the white space around it, is public */
export function publicLinesOf(text: string): (line: string) => boolean {
  const isKubeconfig = isKubeconfigText(text);
  const isPublic = /^\s*\{/.test(text) ? publicPartsOf(parse(text)) : undefined;
  return (line) =>
    ARMOUR.test(line) || (isKubeconfig && KUBECONFIG_LINE.test(line)) || isPublicMember(line, isPublic);
}

/** A member of the root alone: of a nested one, a line does not tell the path. */
function isPublicMember(line: string, isPublic: IsPublic | undefined): boolean {
  const [, key = "", text = ""] = (isPublic && JSON_MEMBER.exec(line)) ?? [];
  return isPublic?.(key, text) ?? false;
}

/** Whether a text is a kubeconfig in YAML. */
export function isKubeconfigText(text: string): boolean {
  return KUBECONFIG.every((head) => head.test(text));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
