import { timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import type { Account } from "../service/account.ts";
import { parseStrictJson } from "../tokens/strict-json.ts";

const contents = v.strictObject({
  /** the address of the token's issuer */
  issuer: v.string(),
  /** of the use of the token that it is for: see `TokenUse` */
  ids: v.array(v.string()),
  /** for the audit log, when the grant ends */
  project: v.string(),
  /** of the job's key */
  fingerprint: v.string(),
  /** the id under which this grant registered the job's key; `null` if it registered none */
  device_key_id: v.nullable(v.number()),
});

/** What a grant's id says. Nothing of a grant is stored: the job sends the id back with its HMAC. */
export type GrantId = v.InferOutput<typeof contents>;

const MAX_ID = 1024;

const MAX_PROJECT = 100;

export function writeGrantId({ project, ...grant }: GrantId): string {
  const id = { ...grant, project: project.slice(0, MAX_PROJECT) };
  return Buffer.from(JSON.stringify(id)).toString("base64url");
}

/** What ends the grant, and nothing else: an HMAC of its id under a key that is derived from the broker's device key. */
export function releaseFor(account: Pick<Account, "releaseOf">, id: string): string {
  return account.releaseOf(id).toString("base64url");
}

/** @returns what the id says; `undefined` if the release does not belong to it */
export function readGrantId(
  account: Pick<Account, "releaseOf">,
  id: string,
  release: string,
): GrantId | undefined {
  const [given, expected] = [Buffer.from(release, "base64url"), account.releaseOf(id)];
  if (id.length > MAX_ID || given.length !== expected.length || !timingSafeEqual(given, expected))
    return undefined;
  return v.parse(contents, parseStrictJson(Buffer.from(id, "base64url").toString("utf8"), 2)); // We made it.
}
