import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { builtFrom, hashSource } from "../build/source-hash.ts";
import { generateKeys, type KeyPair } from "../stash-server/owner.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Long-lived keys of the account. RSA-4096 takes up to a second a key, so they are generated once a run. */
    keys: Record<"ownerKeys" | "grantKeys" | "spareKeys" | "recoveryKeys", KeyPair>;
    /** a folder of private keys, for `ready-keys.mjs` */
    keyPool: string;
  }
}

const POOL = 12; // Two for each session, and few tests have more than six of those.

/** Refuses a stale bundle, and generates the keys of the run. */
export async function setup(project: TestProject): Promise<() => void> {
  if (builtFrom() !== hashSource()) {
    throw new Error("dist/ is not built from this source. Run npm run build, then the tests again.");
  }
  const pool = mkdtempSync(join(tmpdir(), "key-pool-"));
  const [ownerKeys, grantKeys, spareKeys, recoveryKeys, ...others] = (await Promise.all(
    Array.from({ length: 4 + POOL }, generateKeys),
  )) as [KeyPair, KeyPair, KeyPair, KeyPair, ...KeyPair[]];
  for (const [index, { privateKey }] of others.entries()) {
    writeFileSync(join(pool, `${index}.pem`), privateKey, { mode: 0o600 });
  }
  project.provide("keys", { ownerKeys, grantKeys, spareKeys, recoveryKeys });
  project.provide("keyPool", pool);
  return () => rmSync(pool, { recursive: true, force: true });
}
