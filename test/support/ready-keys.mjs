// Stands in for dist/generate-key.js in the action that most scenarios run: hands out an RSA-4096 key that was generated when the test run
// began, because generating two for each of a thousand sessions is most of what a run would do. The same contract: a private key (PKCS#8
// PEM) on stdout. No key is handed out twice in one folder; when there is none left, the real program runs.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const pool = readFileSync(join(folder, "key-pool"), "utf8");
const locks = existsSync(join(folder, "key-locks"))
  ? readFileSync(join(folder, "key-locks"), "utf8")
  : undefined;

function take(name) {
  try {
    if (locks !== undefined) mkdirSync(join(locks, name)); // shared by many folders, and released by whoever made this one
    mkdirSync(join(folder, `taken-${name}`)); // mkdir(2) is atomic: of two processes, one gets the key.
    return true;
  } catch {
    return false;
  }
}

const free = readdirSync(pool).find(take);
if (free === undefined) await import("./generate-key-for-real.js");
else process.stdout.write(readFileSync(join(pool, free), "utf8"));
