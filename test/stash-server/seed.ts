import { randomBytes } from "node:crypto";
import { encryptValue, type KeyPair, makeDek, wrapForKey } from "./owner.ts";
import type { Store } from "./store.ts";

export interface Seed {
  environment: string;
  type: string;
  /** `null` is a variable without a payload: an empty value */
  variables: Readonly<Record<string, string | null>>;
  ownerKeys: KeyPair;
  /** a second key of the owner's, with access, for CI; none with `--no-grant` */
  grantKeys?: KeyPair;
}

export interface Account {
  apiToken: string;
  applicationId: string;
  environment: string;
  ownerKeyId: number;
  grantKeyId: number | undefined;
}

/**
 * Creates an account with one application and one environment, as its owner would: values are encrypted and the DEK is wrapped
 * before they reach the store, and the DEK is forgotten when this returns.
 */
export function seedAccount(store: Store, seed: Seed): Account {
  const apiToken = `sst_${randomBytes(24).toString("base64url")}`;
  const applicationId = `app_${randomBytes(9).toString("base64url")}`;
  store.addToken(apiToken, "owner");
  store.addApplication(applicationId, "Demo application");
  const keys = { label: "owner's laptop", public_key: seed.ownerKeys.publicKey };
  const ownerKeyId = addKey(store, keys);
  const grantKeyId =
    seed.grantKeys && addKey(store, { label: "CI grant key", public_key: seed.grantKeys.publicKey });
  addEnvironment(store, applicationId, seed, [
    { id: ownerKeyId, keys: seed.ownerKeys },
    ...(seed.grantKeys && grantKeyId !== undefined ? [{ id: grantKeyId, keys: seed.grantKeys }] : []),
  ]);
  return { apiToken, applicationId, environment: seed.environment, ownerKeyId, grantKeyId };
}

/** Adds an environment with a DEK of its own, which these keys can unwrap. */
export function addEnvironment(
  store: Store,
  applicationId: string,
  { environment: slug, type, variables }: Pick<Seed, "environment" | "type" | "variables">,
  holders: readonly { id: number; keys: KeyPair }[],
): void {
  store.addEnvironment(applicationId, { name: slug, slug, type });
  const environmentId = store.findEnvironment(applicationId, slug)?.id ?? 0;
  const dek = makeDek();
  for (const [name, value] of Object.entries(variables)) {
    store.saveVariable(environmentId, name, value === null ? null : JSON.stringify(encryptValue(value, dek)));
  }
  for (const { id, keys } of holders) {
    store.saveEnvelope(environmentId, id, JSON.stringify(wrapForKey(dek, keys.publicKey)), "owner");
  }
}

function addKey(store: Store, key: { label: string; public_key: string }): number {
  const row = store.addKey({ ...key, key_type: "device", expires_at: null });
  if (row === undefined) throw new Error("the key is registered already");
  return row.id;
}
