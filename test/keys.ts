import type { TestProject } from "vitest/node";
import { generateKeys, type KeyPair } from "./stash-server/owner.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** RSA-4096 takes up to a second a key: the account's long-lived keys are made once a run, the temporary ones never shared. */
    keys: Record<"ownerKeys" | "grantKeys" | "spareKeys" | "recoveryKeys", KeyPair>;
  }
}

export async function setup(project: TestProject): Promise<void> {
  const [ownerKeys, grantKeys, spareKeys, recoveryKeys] = await Promise.all([
    generateKeys(),
    generateKeys(),
    generateKeys(),
    generateKeys(),
  ]);
  project.provide("keys", { ownerKeys, grantKeys, spareKeys, recoveryKeys });
}
