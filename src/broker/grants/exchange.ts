import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { fingerprintOf, readPublicKey } from "../../crypto/device-key.ts";
import { printable } from "../../lib/printable.ts";
import { settleAll } from "../../lib/settle-all.ts";
import { BrokerError } from "../broker-error.ts";
import { issuerClaims } from "../policy/claims.ts";
import type { Issuer } from "../policy/config.ts";
import { decide, type Granted } from "../policy/decide.ts";
import type { LoadedPolicy } from "../policy/policy-file.ts";
import { chooseNames } from "../policy/variable-choice.ts";
import type { Account } from "../service/account.ts";
import { type Environments, type OpenedEnvironment, translate } from "../service/environments.ts";
import type { Registrations } from "../service/registration.ts";
import type { BrokerStore, KeyUse } from "../store/store.ts";
import type { IssuerKeys } from "../tokens/issuer-keys.ts";
import { SKEW, type VerifiedToken, verifyToken } from "../tokens/token.ts";
import type { Audit } from "./audit.ts";
import { releaseFor, writeGrantId } from "./grant-id.ts";
import { describeJob } from "./job.ts";
import { type GrantRequest, invalid } from "./request.ts";
import { type Wrapped, wrapForJob } from "./wrap.ts";

/** Everything that a grant needs. What can be loaded again is asked for each time. */
export interface Broker {
  policy(): LoadedPolicy;
  issuerKeys(): IssuerKeys;
  account(): Account;
  environments(): Environments;
  registrations: Registrations;
  store: BrokerStore;
  /** seconds since 1970 */
  now(): number;
  /** says something to whoever runs the broker; never of a token, a key or a value */
  tell(message: string): void;
}

/** The answer to a request for a grant, in the words of the protocol (docs/broker.md). */
export interface GrantAnswer {
  grant: string;
  release: string;
  expires_at: string;
  device_key_id: number | null;
  environments: {
    application: string;
    slug: string;
    type: string;
    envelope: object;
    variables: Wrapped["variables"];
  }[];
}

const KEPT_LONGER = 60;

/**
 * Wraps the DEKs of the environments that a job asks for, for that job's key alone. The size of the request was checked before (1).
 *
 * 2. Look up the issuer that the token names.
 * 3. Verify the signature, by a key that this issuer publishes.
 * 4. Check the audience and the times.
 * 5. Check the public key.
 * 6. Ask the policy. Only now is anything fetched from SecretStash.
 * 7. Remember that this key used this token, unless another one has.
 * 8. Write the audit row.
 * 9. Wrap.
 * 10. Answer.
 *
 * @throws {BrokerError} any code but `release_refused` and `not_found`
 */
export async function grant(broker: Broker, request: GrantRequest, audit: Audit): Promise<GrantAnswer> {
  const { config, hash } = broker.policy();
  const account = broker.account();
  const fingerprint = fingerprintOf(request.publicKey);
  audit.note({ policyHash: hash, fingerprint });
  const token = await verifyToken(request.token, {
    issuers: config.issuers,
    audience: config.audience,
    keyFingerprint: fingerprint,
    findKey: (issuer, { kid }) => broker.issuerKeys().find(issuer, kid ?? ""),
    now: broker.now(),
  }); // 2, 3, 4
  const { type, url } = config.issuers.get(token.issuer) as Issuer;
  const job = describeJob(type, token.claims);
  const environments = request.environments.map(({ slug }) => slug);
  audit.note({ issuer: token.issuer, tokenId: token.id, job: job.facts, project: job.project, environments });
  checkPublicKey(request.publicKey, account); // 5

  const granted = decide(
    config.rules,
    { issuer: token.issuer, type, claims: token.claims },
    request.environments,
  ); // 6
  audit.note({ rule: [...new Set(granted.map(({ rule }) => rule.name))].join(", ") });
  const opened = await settleAll(...granted.map((place) => broker.environments().open(place)));
  const ttlMinutes = Math.min(request.ttlMinutes ?? 60, ...granted.map(({ rule }) => rule.grant.ttl));
  const use = { issuer: url, ids: idsOf(token, type), fingerprint };
  await useToken(broker, token, use, granted, ttlMinutes); // 7
  await audit.granted({ variables: countVariables(granted, opened) }); // 8
  const wrapped = granted.map(({ rule }, index) => {
    const { variables, dek } = opened[index] as OpenedEnvironment;
    return wrapForJob(variables, dek, request.publicKey, rule.grant.variables);
  }); // 9
  const registered = granted.flatMap((place, index) => {
    return place.rule.grant.register ? [{ place, opened: opened[index] as OpenedEnvironment }] : [];
  });
  const key = { ...use, publicKeyPem: request.publicKey, ttlMinutes };
  const deviceKeyId =
    registered.length === 0
      ? null
      : await broker.registrations
          .register(account, { ...key, label: job.label, origin: job.origin }, registered)
          .catch((error: unknown) => {
            throw translate(error, "the registration of the job's key", broker.tell);
          });
  const id = writeGrantId({ ...use, project: job.project, device_key_id: deviceKeyId });
  return {
    grant: id,
    release: releaseFor(account, id),
    expires_at: new Date((broker.now() + ttlMinutes * 60) * 1000).toISOString(),
    device_key_id: deviceKeyId,
    environments: granted.map(({ application, slug }, index) => ({
      ...{ application, slug, type: (opened[index] as OpenedEnvironment).type },
      ...(wrapped[index] as Wrapped),
    })),
  }; // 10
}

/** The request names the key's text, whose digest may be the token's audience. So there is one way to write a key. */
function checkPublicKey(pem: string, { fingerprint }: Account): void {
  const read = readPublicKey(pem);
  if (read?.publicKeyPem !== pem || exponentOf(createPublicKey(pem)) !== 65_537n) {
    throw invalid(
      "public_key is not an RSA key of 4096 bits with the exponent 65537, as PEM (SPKI) in lines of 64 characters",
    );
  }
  if (read.fingerprint === fingerprint) throw invalid("public_key is the broker's own");
}

function exponentOf(key: KeyObject): bigint | undefined {
  return key.asymmetricKeyDetails?.publicExponent;
}

/**
 * The first key wins. Where a job chooses the audience, a token is of no use with another key anyway.
 *
 * @throws {BrokerError} `token_used`, `token_taken`, `token_invalid`
 */
async function useToken(
  { store, now }: Broker,
  { isBoundToKey, expiresAt, issuedAt }: VerifiedToken,
  use: KeyUse,
  granted: readonly Granted[],
  ttlMinutes: number,
): Promise<void> {
  if (!isBoundToKey && issuedAt < store.beganAt) {
    throw new BrokerError(
      "token_invalid",
      "The token is not accepted, because it was issued before the broker's store was made, and may have been used. Run the job again.",
    );
  }
  const verdict = await store.use({
    ...use,
    keys: isBoundToKey ? 1 : Math.min(...granted.map(({ rule }) => rule.grant.keysPerJob)),
    now: Math.floor(now()),
    // Also until nobody has to end the grant any more.
    keptUntil: Math.ceil(Math.max(expiresAt + SKEW, now() + ttlMinutes * 60)) + KEPT_LONGER,
  });
  if (verdict === "first" || verdict === "retry") return;
  const rule = granted[0]?.rule.name ?? "";
  if (verdict === "over") {
    throw new BrokerError(
      "token_used",
      "This token was already used with this key, and can no longer be retried: five minutes have passed, or the grant was released. A new session " +
        "makes a new key.",
      { rule },
    );
  }
  throw new BrokerError(
    "token_taken",
    `Another key has used this token before. If that was an earlier session of the same job, rule ${printable(rule)} has to say how many keys ` +
      "a job may use: keys-per-job. Otherwise somebody else has the token.",
    { rule },
  );
}

const ID_CHARACTERS = 22; // 128 bits in base64url

/** The token's id, and the job's where one job has one token: as digests, because they stand in the grant's id, and a claim can be long. */
function idsOf({ id, claims }: VerifiedToken, type: Issuer["type"]): string[] {
  const { jobId } = issuerClaims[type];
  const job = jobId === undefined ? undefined : claims[jobId];
  const names = [
    `token:${id}`,
    ...(typeof job === "string" || typeof job === "number" ? [`job:${job}`] : []),
  ];
  return names.map((name) => createHash("sha256").update(name).digest("base64url").slice(0, ID_CHARACTERS));
}

function countVariables(granted: readonly Granted[], opened: readonly OpenedEnvironment[]): number {
  return granted.reduce((sum, { rule }, index) => {
    const names = (opened[index] as OpenedEnvironment).variables.map(({ name }) => name);
    const only = rule.grant.variables;
    return sum + (only === undefined ? names.length : chooseNames(names, only).size);
  }, 0);
}
