import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeProject, runPipeline } from "../gitlab/local-pipeline.ts";
import { actionRoot } from "../runner/job.ts";
import { generateKeys } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";

// A GitLab job on this machine that prints its secrets in twenty ways, and a log with none of them.

const API_KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const DATABASE_URL = "postgres://app:p%40ss-w0rd-1@db.example.test:5432/app";
const SERVICE_ACCOUNT = JSON.stringify({ client: "demo", token: "json-leaf-token-42" });
const PEM =
  "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9q\n-----END PRIVATE KEY-----\n";
const shown = [API_KEY, "p%40ss-w0rd-1", "p@ss-w0rd-1", "json-leaf-token-42", "MC4CAQAwBQYDK2VwBCIEIJ"];

const ways = [
  ["plain", 'echo "$API_KEY"'],
  ["on stderr", 'echo "$API_KEY" >&2'],
  ["inside a line", 'echo "Authorization: Bearer $API_KEY, and more"'],
  ["twice, touching", 'echo "$API_KEY$API_KEY"'],
  ["base64", 'printf %s "$API_KEY" | base64'],
  ["base64 of user and key", 'printf %s "user:$API_KEY" | base64'],
  ["base64 with a newline", 'echo "$API_KEY" | base64'],
  ["base64url", "node -p \"Buffer.from(process.env.PEM).toString('base64url')\""],
  ["hex", 'printf %s "$API_KEY" | od -An -tx1 | tr -d " \\n"; echo'],
  ["a URL", 'echo "$DATABASE_URL"'],
  ["a password out of a URL", 'node -p "decodeURIComponent(new URL(process.env.DATABASE_URL).password)"'],
  ["percent-encoded", 'node -p "encodeURIComponent(process.env.PEM)"'],
  ["set -x", 'set -x; : "$API_KEY"; set +x'],
  ["env", "env | grep -E '^(API_KEY|DATABASE_URL|SERVICE_ACCOUNT|PEM)='"],
  ["export -p", "export -p | grep -E 'API_KEY|DATABASE_URL'"],
  ["a JSON dump", 'node -p "JSON.stringify(process.env.PEM)"'],
  ["a leaf of JSON", 'node -p "JSON.parse(process.env.SERVICE_ACCOUNT).token"'],
  ["a PEM line by line", 'printf %s "$PEM" | while read -r line; do echo "> $line"; done'],
  ["quoted by printf %q", 'bash -c \'printf "%q\\n" "$PEM"\''],
  ["split over writes", 'printf "sk_live_4eC39"; sleep 0.2; echo "HqLyjWDarjtT1zdp7dc"'],
] as const;

const pipeline = `
include:
  - local: templates/secret-stash/template.yml
    inputs: { environment: ci, bundle-path: "${join(actionRoot, "dist")}" }
prints-everything:
  extends: .secret-stash
  script:
${ways.map(([name, command]) => `    - ${JSON.stringify(`echo '--- ${name}'; ${command}`)}\n`).join("")}    - "exit 42"
`;

const folder = mkdtempSync(join(tmpdir(), "secret-stash-demo-"));
const server = await startStashServer();
try {
  const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const variables = { API_KEY, DATABASE_URL, SERVICE_ACCOUNT, PEM };
  const account = seedAccount(server.store, {
    environment: "ci",
    type: "testing",
    variables,
    ownerKeys,
    grantKeys,
  });
  const temp = join(folder, "temp");
  mkdirSync(temp);
  makeProject(join(folder, "project"), pipeline);
  const { code, log } = await runPipeline(join(folder, "project"), ["prints-everything"], {
    TMPDIR: temp,
    SECRET_STASH_API_URL: server.url,
    SECRET_STASH_API_TOKEN: account.apiToken,
    SECRET_STASH_APPLICATION_ID: account.applicationId,
    SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${grantKeys.privateKey}`,
  });
  console.log(log.replaceAll(/^(fatal|error): .*\n/gm, "")); // git's, of a project that was never pushed
  console.log("The script ends with exit code 42, on purpose: the job has to keep it (FAIL 42).");
  const left = readdirSync(temp).filter((name) => name.startsWith("secret-stash"));
  const temporary = server.store.listKeys().filter(({ expires_at }) => expires_at !== null);
  console.log(`Left in the temp directory: ${left.length === 0 ? "nothing" : left.join(", ")}`);
  console.log(`Temporary keys on the service: ${temporary.length}`);
  // gitlab-ci-local ends with 1 for every failed job; the job's own status is in its log.
  const isKept = code === 1 && log.includes("FAIL 42");
  if (shown.some((secret) => log.includes(secret)) || left.length + temporary.length > 0 || !isKept) {
    throw new Error("the demo did not go as it should");
  }
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
