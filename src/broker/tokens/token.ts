import { createHash, type KeyObject } from "node:crypto";
import { compactVerify, decodeProtectedHeader, errors, type JWTHeaderParameters } from "jose";
import { BrokerError, type BrokerErrorCode } from "../broker-error.ts";
import type { Issuer } from "../policy/config.ts";
import type { Claims } from "../policy/verdict.ts";
import { parseStrictJson } from "./strict-json.ts";

/** A token that has been verified. */
export interface VerifiedToken {
  /** the name of its issuer in the policy */
  issuer: string;
  claims: Claims;
  /** `jti`, or the SHA-256 of what was signed if there is none */
  id: string;
  /** whether its audience is the key's, so that it is of no use to anybody else */
  isBoundToKey: boolean;
  /** seconds since 1970 */
  expiresAt: number;
  issuedAt: number;
}

/** The keys of an issuer, by `kid`. */
export type FindKey = (issuer: string, header: JWTHeaderParameters) => Promise<KeyObject>;

export interface TokenRules {
  issuers: ReadonlyMap<string, Issuer>;
  /** the broker's address */
  audience: string;
  /** SHA-256 of the public key in the request, in hex */
  keyFingerprint: string;
  findKey: FindKey;
  /** seconds since 1970 */
  now: number;
}

const MAX_TOKEN = 16 * 1024;
const MAX_DEPTH = 8;
/** Seconds by which the clocks of the broker and of an issuer may differ. */
export const SKEW = 30;

/** Systems in which a job chooses the audience of its token, and so can bind it to its key (docs/broker.md). */
const bindsKeys: Readonly<Record<Issuer["type"], boolean>> = {
  github: true,
  circleci: true,
  buildkite: true,
  gitlab: false,
};

const algorithms = ["RS256"];

/**
 * Verifies a token, in this order: its size, its issuer by exact comparison, its signature by a key that this issuer has published, its
 * audience, its times. Nothing is fetched from an address that a token names.
 *
 * @throws {BrokerError} `token_invalid` with what is wrong; `issuer_unavailable` from `findKey`
 */
export async function verifyToken(token: string, rules: TokenRules): Promise<VerifiedToken> {
  if (token.length > MAX_TOKEN) throw refused("it is larger than 16 KiB");
  const [name, issuer] = findIssuer(token, rules.issuers);
  const header = readHeader(token);
  const key = await rules.findKey(name, header);
  const claims = await readSigned(token, key);
  const isBoundToKey = checkAudience(claims, rules, bindsKeys[issuer.type]);
  const times = checkTimes(claims, issuer, rules.now, isBoundToKey);
  return { issuer: name, claims, id: idOf(claims, token), isBoundToKey, ...times };
}

/** The issuer whose address the token names. It is not verified yet: the signature has to be by one of its keys. */
function findIssuer(token: string, issuers: TokenRules["issuers"]): [string, Issuer] {
  const { iss } = parsePayload(token.split(".")[1] ?? "");
  const found = [...issuers].find(([, { url }]) => url === iss);
  if (found === undefined) throw refused("its issuer is not one of the policy's");
  return found;
}

function readHeader(token: string): JWTHeaderParameters {
  try {
    const { alg, kid, crit } = decodeProtectedHeader(token);
    if (alg === undefined || !algorithms.includes(alg)) throw refused("its algorithm is not RS256");
    if (kid === undefined || kid === "") throw refused("it does not say which key signed it (kid)");
    if (crit !== undefined) throw refused("its header has parameters that must be understood (crit)");
    return { alg, kid };
  } catch (cause) {
    throw cause instanceof BrokerError ? cause : refused("its header cannot be read", cause);
  }
}

async function readSigned(token: string, key: KeyObject): Promise<Claims> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms });
    return parsePayload(Buffer.from(payload).toString("base64url"));
  } catch (cause) {
    if (cause instanceof BrokerError) throw cause;
    const isForged = cause instanceof errors.JWSSignatureVerificationFailed;
    throw refused(isForged ? "its signature is not by its issuer" : "it is not a signed token", cause);
  }
}

function parsePayload(encoded: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parseStrictJson(Buffer.from(encoded, "base64url").toString("utf8"), MAX_DEPTH);
  } catch (cause) {
    throw refused(
      `its claims cannot be read: ${cause instanceof SyntaxError ? cause.message : "no text"}`,
      cause,
    );
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw refused("its claims are not a JSON object");
  return parsed as Record<string, unknown>;
}

/** @returns whether the token is bound to the key */
function checkAudience({ aud }: Claims, { audience, keyFingerprint }: TokenRules, canBind: boolean): boolean {
  const [only, ...others] = Array.isArray(aud) ? aud : [aud];
  if (typeof only !== "string" || others.length > 0)
    throw refused("it is not for exactly one audience (aud)", undefined, "audience_refused");
  const bound = `${audience}/sha256/${keyFingerprint}`;
  if (only === bound) return true;
  if (canBind)
    throw refused(
      "its audience is not that of this broker and of the key in the request (aud)",
      undefined,
      "audience_refused",
    );
  if (only !== audience)
    throw refused("its audience is not this broker (aud)", undefined, "audience_refused");
  return false;
}

function checkTimes(
  claims: Claims,
  { maxAge, maxLifetime }: Issuer,
  now: number,
  isBoundToKey: boolean,
): Pick<VerifiedToken, "issuedAt" | "expiresAt"> {
  const [iat, exp] = [claims.iat, claims.exp].map((time) =>
    typeof time === "number" && Number.isFinite(time) ? time : undefined,
  );
  if (iat === undefined || exp === undefined)
    throw refused("it does not say since when and until when it is valid (iat, exp)");
  if (claims.nbf !== undefined && (typeof claims.nbf !== "number" || claims.nbf > now + SKEW))
    throw refused("it is not valid yet (nbf). One of the clocks is wrong", undefined, "clock_wrong");
  if (iat > now + SKEW)
    throw refused("it is from the future (iat). One of the clocks is wrong", undefined, "clock_wrong");
  if (exp <= now - SKEW)
    throw refused(
      "it has expired (exp). If it is new, one of the clocks is wrong",
      undefined,
      isBoundToKey ? "clock_wrong" : "token_invalid",
    );
  if (exp - iat > maxLifetime) throw refused("it is valid for longer than max-lifetime allows");
  if (now - iat > maxAge + SKEW) throw refused("it is older than max-age allows (iat)");
  return { issuedAt: iat, expiresAt: exp };
}

/** Of what was signed, because the signature's text can be changed without breaking it (RFC 7515, base64url with stray bits). */
function idOf({ jti }: Claims, token: string): string {
  if (typeof jti === "string" && jti !== "" && jti.length <= 512) return jti;
  return createHash("sha256")
    .update(token.slice(0, token.lastIndexOf(".")))
    .digest("hex");
}

function refused(reason: string, cause?: unknown, code: BrokerErrorCode = "token_invalid"): BrokerError {
  return new BrokerError(code, `The token is not accepted, because ${reason}.`, { cause });
}
