import { cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { actionRoot } from "../runner/job.ts";

/**
 * Copies the action, with `ready-keys.mjs` in the place of `generate-key.js`: the built bundles, and keys that are there at once.
 *
 * @param pool a folder of private keys
 * @returns the root of the copy
 */
export function copyQuickAction(folder: string, pool: string): string {
  const root = join(folder, "action");
  const dist = join(root, "dist");
  mkdirSync(root, { recursive: true });
  cpSync(join(actionRoot, "dist"), dist, { recursive: true });
  renameSync(join(dist, "generate-key.js"), join(dist, "generate-key-for-real.js"));
  cpSync(join(import.meta.dirname, "ready-keys.mjs"), join(dist, "generate-key.js"));
  writeFileSync(join(dist, "key-pool"), pool);
  return root;
}
