import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
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

/**
 * As `copyQuickAction`, for jobs of which many run at once against one server, where each key can be registered once: a key that one has taken is
 * nobody else's.
 *
 * @param locks a folder that all of them share
 * @returns the folder of the bundle, and what gives its keys back; call that only if none of them is registered any more
 */
export function copyQuickBundle(
  folder: string,
  pool: string,
  locks: string,
): { dist: string; giveBack: () => void } {
  const dist = join(copyQuickAction(folder, pool), "dist");
  writeFileSync(join(dist, "key-locks"), locks);
  const giveBack = () => {
    for (const name of readdirSync(dist)) {
      if (name.startsWith("taken-"))
        rmSync(join(locks, name.slice("taken-".length)), { recursive: true, force: true });
    }
  };
  return { dist, giveBack };
}
