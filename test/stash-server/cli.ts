import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parse as parseDotenv } from "dotenv";
import { generateKeys, writeKeyDirectory } from "./owner.ts";
import { environmentTypes } from "./schemas.ts";
import { seedAccount } from "./seed.ts";
import { startStashServer } from "./server.ts";

const usage = `usage: npm run stash-server -- --port 0 --credentials FILE [FLAGS]

  --port N            port on loopback; 0 takes a free one
  --credentials FILE  where to write how to reach the server (JSON; FILE.env to source); removed at the end
  --variables FILE    values to store, FILE.env or FILE.json
  --environment SLUG  default: ci
  --type TYPE         type of the environment; default: testing
  --data FILE         keep the account in this database; without it, everything is in memory
  --rate-limit N      requests a minute for each token; default: 60
  --no-grant          create no grant key`;

const { values: flags } = readFlags();

function readFlags() {
  try {
    return parse();
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

function parse() {
  return parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      port: { type: "string", default: "0" },
      credentials: { type: "string" },
      variables: { type: "string" },
      environment: { type: "string", default: "ci" },
      type: { type: "string", default: "testing" },
      data: { type: "string" },
      "rate-limit": { type: "string", default: "60" },
      "no-grant": { type: "boolean", default: false },
    },
  });
}

if (flags.help) {
  console.log(usage);
  process.exit(0);
}
const isNumber = (text: string) => /^\d{1,9}$/.test(text);
const mistake =
  (flags.credentials === undefined &&
    "--credentials FILE is missing; the server writes there how to reach it") ||
  (!isNumber(flags.port) && "--port must be a number; 0 takes a free one") ||
  (!isNumber(flags["rate-limit"]) && "--rate-limit must be a number of requests a minute") ||
  (!isEnvironmentType(flags.type) && `--type must be one of ${environmentTypes.join(", ")}`) ||
  (flags.variables !== undefined &&
    !existsSync(flags.variables) &&
    `--variables: there is no ${flags.variables}`);
if (mistake || flags.credentials === undefined) {
  console.error(`${mistake}\n${usage}`);
  process.exit(2);
}
const credentialsFile = resolve(flags.credentials);
const { data } = flags;

const server = await startStashServer({
  port: Number(flags.port),
  requestsPerMinute: Number(flags["rate-limit"]),
  ...(data !== undefined && { data }),
});

// With --data the account outlives the process, so its keys and credentials are kept next to the database.
const accountFile = data === undefined ? undefined : `${resolve(data)}.account.json`;
const ownerDirectory = data === undefined ? `${credentialsFile}.owner` : `${resolve(data)}.owner`;
const account =
  accountFile !== undefined && existsSync(accountFile)
    ? JSON.parse(readFileSync(accountFile, "utf8"))
    : await makeAccount();

// Before the file exists, because whoever waits for it may end this process at once.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    for (const file of [credentialsFile, `${credentialsFile}.env`]) rmSync(file, { force: true });
    if (data === undefined) rmSync(ownerDirectory, { recursive: true, force: true });
    await server.close();
    process.exit(0);
  });
}

const credentials = { api_url: server.url, ...account, pid: process.pid };
mkdirSync(dirname(credentialsFile), { recursive: true });
writePrivate(`${credentialsFile}.env`, shellVariables(credentials));
writePrivate(credentialsFile, JSON.stringify(credentials, null, 2));
console.log(`SecretStash-compatible server on ${server.url}, credentials in ${credentialsFile}`);

/** The same for a shell, under the names that every input reads. */
function shellVariables(given: Record<string, unknown>): string {
  const grantKey = given.grant_key_file ? `${given.grant_key_id}:${given.grant_key_file}` : "";
  const lines = Object.entries({
    API_URL: given.api_url,
    API_TOKEN: given.api_token,
    APPLICATION_ID: given.application_id,
    ENVIRONMENT: given.environment,
    GRANT_KEY: grantKey,
    KEY_DIR: given.owner_key_dir,
  }).map(([name, value]) => `SECRET_STASH_${name}='${String(value).replaceAll("'", "'\\''")}'\n`);
  return lines.join("");
}

async function makeAccount() {
  const [ownerKeys, grantKeys] = await Promise.all([
    generateKeys(),
    flags["no-grant"] ? undefined : generateKeys(),
  ]);
  const seeded = seedAccount(server.store, {
    environment: flags.environment,
    type: flags.type,
    variables: flags.variables === undefined ? {} : readVariables(flags.variables),
    ownerKeys,
    ...(grantKeys && { grantKeys }),
  });
  rmSync(ownerDirectory, { recursive: true, force: true });
  mkdirSync(ownerDirectory, { recursive: true, mode: 0o700 });
  const ownerKeyDirectory = join(ownerDirectory, "secret-stash");
  const grantKeyFile = join(ownerDirectory, "grant-key.pem");
  writeKeyDirectory(ownerKeyDirectory, seeded.ownerKeyId, "owner's laptop", ownerKeys);
  if (grantKeys) writePrivate(grantKeyFile, grantKeys.privateKey);
  const made = {
    api_token: seeded.apiToken,
    application_id: seeded.applicationId,
    environment: seeded.environment,
    grant_key_file: grantKeys ? grantKeyFile : null,
    grant_key_id: seeded.grantKeyId ?? null,
    owner_key_dir: ownerKeyDirectory,
  };
  if (accountFile !== undefined) writePrivate(accountFile, JSON.stringify(made, null, 2));
  return made;
}

function isEnvironmentType(text: string): boolean {
  return (environmentTypes as readonly string[]).includes(text);
}

function readVariables(file: string): Record<string, string | null> {
  const text = readFileSync(file, "utf8");
  return file.endsWith(".json") ? JSON.parse(text) : parseDotenv(text);
}

/** Whoever waits for the file must never read half of it. */
function writePrivate(file: string, content: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600, flag: "wx" });
  renameSync(draft, file);
}
