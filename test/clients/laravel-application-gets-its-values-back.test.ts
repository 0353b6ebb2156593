import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { phpdotenv } from "../../src/format/dotenv/phpdotenv.ts";
import { encryptValue } from "../stash-server/owner.ts";
import { dekOf } from "../support/grants.ts";
import { failingMain, startSession } from "../support/session.ts";
import { handWritten, hardValues } from "./hard-values.ts";
import {
  hasPhpdotenv,
  officialClients,
  officialPhpClient,
  pushWithOfficialCode,
  readAsApplication,
} from "./official-clients.ts";

// The lines that every new application begins with, as far as they matter here; the whole file if LARAVEL_ENV_EXAMPLE names a copy of it.
const example = process.env.LARAVEL_ENV_EXAMPLE
  ? readFileSync(process.env.LARAVEL_ENV_EXAMPLE, "utf8")
  : [
      "APP_NAME=Laravel",
      "APP_ENV=local",
      "APP_KEY=",
      "APP_DEBUG=true",
      "REDIS_PASSWORD=null",
      "# DB_HOST=127.0.0.1",
    ].join("\n");

const hard = hardValues.map((value, index) => `HARD_${index}=${phpdotenv.write(value)}`);
const env = [
  example,
  ...handWritten.filter((line) => !example.includes(`\n${line.split("=")[0]}=`)),
  ...hard,
].join("\n");

type Push = (text: string, dek: Buffer) => [name: string, payload: object][];
const pushes: [string, Push, boolean][] = [
  [
    "what the PHP client stores",
    (text, dek) => officialClients.PHP(text).map(([name, value]) => [name, encryptValue(value, dek)]),
    true,
  ],
  [
    officialPhpClient === ""
      ? "the official PHP client's own code, which is not here (set OFFICIAL_PHP_CLIENT to a checkout)"
      : "the official PHP client's own code",
    pushWithOfficialCode,
    officialPhpClient !== "",
  ],
];

describe.each(pushes)("pushed by %s", (_, push, isHere) => {
  test.skipIf(!hasPhpdotenv || !isHere)(
    "phpdotenv reads from .env:laravel what it reads from the application's own .env",
    async () => {
      expect(hardValues.length).toBeGreaterThanOrEqual(60);
      const [original] = readAsApplication([env]);
      const { APP_ENV: _env, APP_KEY: _key, ...expected } = original ?? {};
      for (const [index, value] of hardValues.entries()) expect(expected[`HARD_${index}`]).toBe(value);

      const session = await startSession({ variables: {} });
      for (const [name, payload] of push(env, dekOf(session))) {
        session.server.store.saveVariable(1, name, JSON.stringify(payload));
      }
      const step = session.step({
        "resolve-references": "true",
        "env-file": ".env:laravel",
        "leak-check": "off",
      });
      expect(await step.main()).toBe(0);
      const [file] = readAsApplication([readFileSync(join(session.job.workspace, ".env"), "utf8")]);
      expect(file).toEqual(expected);
      const { SECRET_STASH_KEY_DIR: _dir, ...exported } = Object.fromEntries(session.job.environment);
      expect(exported).toEqual(expected);
      expect(await step.post()).toBe(0);
    },
  );
});

test("only NUL is refused", async () => {
  const session = await startSession({ variables: { WITH_NUL: "a\0b" } });
  expect(await failingMain(session, { "env-file": ".env:laravel" })).toMatch(
    /WITH_NUL\. .*\[VALUES_REFUSED\]/,
  );
});
