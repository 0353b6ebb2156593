import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { builtFrom, hashSource } from "../build/source-hash.ts";
import { actionRoot } from "../runner/job.ts";
import { generateKeys, type KeyPair } from "../stash-server/owner.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** long-lived keys of the account */
    keys: Record<"ownerKeys" | "grantKeys" | "spareKeys" | "recoveryKeys", KeyPair>;
    /** a folder of private keys, for `ready-keys.mjs` */
    keyPool: string;
  }
}

const POOL = 12; // Two for each session, and few tests have more than six of those.

/** Refuses a stale bundle, and provides keys. */
export async function setup(project: TestProject): Promise<() => void> {
  if (builtFrom() !== hashSource()) {
    throw new Error("dist/ is not built from this source. Run npm run build, then the tests again.");
  }
  const pool = mkdtempSync(join(tmpdir(), "key-pool-"));
  const [ownerKeys, grantKeys, spareKeys, recoveryKeys, ...others] = await loadKeys(4 + POOL);
  for (const [index, { privateKey }] of others.entries()) {
    writeFileSync(join(pool, `${index}.pem`), privateKey, { mode: 0o600 });
  }
  project.provide("keys", { ownerKeys, grantKeys, spareKeys, recoveryKeys });
  project.provide("keyPool", pool);
  // For the jobs of GitLab, which demos and benchmarks run as well, without vitest.
  const locks = mkdtempSync(join(tmpdir(), "key-locks-"));
  process.env.TEST_KEY_POOL = pool;
  process.env.TEST_KEY_LOCKS = locks;
  return () => {
    for (const path of [pool, locks]) rmSync(path, { recursive: true, force: true });
  };
}

type Keys = [KeyPair, KeyPair, KeyPair, KeyPair, ...KeyPair[]];

const cache = join(actionRoot, "node_modules/.cache/secret-stash-tests");

/** RSA-4096 takes up to a second a key, so the keys of an earlier run are used again. They protect nothing but made-up values. */
async function loadKeys(count: number): Promise<Keys> {
  const file = join(cache, `${count}-keys.json`);
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    const keys = (await Promise.all(Array.from({ length: count }, generateKeys))) as Keys;
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(keys), { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
    return keys;
  }
}
