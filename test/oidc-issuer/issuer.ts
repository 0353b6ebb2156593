import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

// An issuer of OIDC tokens in the shape of each CI system's own, and of tokens that nobody may accept.

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export function newSigningKey(kid: string): SigningKey {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid, privateKey, publicKey: createPublicKey(privateKey) };
}

export interface TokenShape {
  header?: Record<string, unknown>;
  /** the text of the claims, if JSON.stringify cannot write it */
  payload?: string;
  /** other than the key's own */
  signature?: (input: Buffer) => Buffer;
}

/** A compact JWS (RFC 7515, section 3.1), by hand, because a library would not make wrong ones. */
export function signToken(key: SigningKey, claims: Record<string, unknown>, shape: TokenShape = {}): string {
  const header = { alg: "RS256", typ: "JWT", kid: key.kid, ...shape.header };
  const encode = (text: string) => Buffer.from(text).toString("base64url");
  const input = `${encode(JSON.stringify(header))}.${encode(shape.payload ?? JSON.stringify(claims))}`;
  const bytes = Buffer.from(input);
  const signature = shape.signature?.(bytes) ?? sign("sha256", bytes, key.privateKey);
  return `${input}.${signature.toString("base64url")}`;
}

/** HMAC under the text of a public key, for verifiers that take the algorithm from the token (CVE-2015-9235). */
export function hmacUnderPublicKey(key: SigningKey) {
  const pem = key.publicKey.export({ type: "spki", format: "pem" });
  return (input: Buffer) => createHmac("sha256", pem).update(input).digest();
}

/** The claims of a job on GitHub (docs.github.com, OpenID Connect reference, the example token). */
export function gitHubClaims(now: number, audience: string): Record<string, unknown> {
  return {
    jti: "example-id-1",
    sub: "repo:acme/app:environment:production",
    environment: "production",
    aud: audience,
    ref: "refs/heads/main",
    sha: "example-sha",
    repository: "acme/app",
    repository_owner: "acme",
    actor_id: "12",
    repository_visibility: "private",
    repository_id: "74",
    repository_owner_id: "65",
    run_id: "1",
    run_number: "10",
    run_attempt: "2",
    runner_environment: "github-hosted",
    actor: "octocat",
    workflow: "deploy",
    head_ref: "",
    base_ref: "",
    event_name: "push",
    ref_type: "branch",
    job_workflow_ref: "acme/app/.github/workflows/deploy.yml@refs/heads/main",
    iss: "https://token.actions.githubusercontent.com",
    nbf: now - 600,
    exp: now + 300,
    iat: now,
  };
}

/** The claims of a job on GitLab (docs.gitlab.com, OpenID Connect, "Token payload"). Numbers there are texts, but for the times. */
export function gitLabClaims(now: number, audience: string): Record<string, unknown> {
  return {
    namespace_id: "72",
    namespace_path: "acme",
    project_id: "20",
    project_path: "acme/app",
    user_id: "1",
    user_login: "sample-user",
    pipeline_id: "574",
    pipeline_source: "push",
    job_id: "302",
    ref: "main",
    ref_type: "branch",
    ref_path: "refs/heads/main",
    ref_protected: "true",
    runner_id: 1,
    runner_environment: "self-hosted",
    sha: "714a629c0b401fdce83e847fc9589983fc6f46bc",
    project_visibility: "public",
    ci_config_ref_uri: "gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main",
    ci_config_sha: "714a629c0b401fdce83e847fc9589983fc6f46bc",
    jti: "235b3a54-b797-45c7-ae9a-f72d7bc6ef5b",
    iss: "https://gitlab.com",
    iat: now,
    nbf: now - 5,
    exp: now + 3600,
    sub: "project_path:acme/app:ref_type:branch:ref:main",
    aud: audience,
  };
}
