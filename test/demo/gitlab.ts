import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archiveWithRuntime, ownPlatform } from "../build/archive.ts";
import { makeProject, runPipeline } from "../gitlab/local-pipeline.ts";
import { actionRoot } from "../runner/job.ts";
import { generateKeys } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";
import { linkPrograms } from "../support/programs.ts";

// A GitLab job on this machine whose image has no Node: the archive of the bundle brings one. It prints its secrets in more than thirty ways, and
// the log holds none of them.

const API_KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const DATABASE_URL = "postgres://app:p%40ss-w0rd-1@db.example.test:5432/app";
const SERVICE_ACCOUNT = JSON.stringify({ client: "demo", token: "json-leaf-token-42" });
const PEM =
  "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9q\n-----END PRIVATE KEY-----\n";
const PASSWORD = `'q"u\\n~x*y/z <&>'`;
const shown = [
  API_KEY,
  PASSWORD,
  "p%40ss-w0rd-1",
  "p@ss-w0rd-1",
  "json-leaf-token-42",
  "MC4CAQAwBQYDK2VwBCIEIJ",
];

const ways = [
  ["plain", 'echo "$API_KEY"'],
  ["on stderr", 'echo "$API_KEY" >&2'],
  ["inside a line", 'echo "Authorization: Bearer $API_KEY, and more"'],
  ["twice, touching", 'echo "$API_KEY$API_KEY"'],
  ["base64", 'printf %s "$API_KEY" | base64'],
  ["base64 of user and key", 'printf %s "user:$API_KEY" | base64'],
  ["base64 with a newline", 'echo "$API_KEY" | base64'],
  ["base64url", '"$SS_NODE" -p "Buffer.from(process.env.PEM).toString(\'base64url\')"'],
  ["hex", 'printf %s "$API_KEY" | od -An -tx1 | tr -d " \\n"; echo'],
  ["a URL", 'echo "$DATABASE_URL"'],
  [
    "a password out of a URL",
    '"$SS_NODE" -p "decodeURIComponent(new URL(process.env.DATABASE_URL).password)"',
  ],
  ["percent-encoded", '"$SS_NODE" -p "encodeURIComponent(process.env.PEM)"'],
  ["set -x", 'set -x; : "$API_KEY"; set +x'],
  ["env", "env | grep -E '^(API_KEY|DATABASE_URL|SERVICE_ACCOUNT|PEM)='"],
  ["export -p", "export -p | grep -E 'API_KEY|DATABASE_URL'"],
  ["a JSON dump", '"$SS_NODE" -p "JSON.stringify(process.env.PEM)"'],
  ["a leaf of JSON", '"$SS_NODE" -p "JSON.parse(process.env.SERVICE_ACCOUNT).token"'],
  ["a PEM line by line", 'printf %s "$PEM" | while read -r line; do echo "> $line"; done'],
  ["quoted by printf %q", 'bash -c \'printf "%q\\n" "$PEM"\''],
  ["split over writes", 'printf "sk_live_4eC39"; sleep 0.2; echo "HqLyjWDarjtT1zdp7dc"'],
  // Forms that are printed more seldom.
  ["a trace of [[ ]]", `bash -c 'set -x; [[ x == "$API_KEY" ]] || :'`],
  ["user:key in wrapped base64", 'printf %s "a-user-name-of-thirty-characters-x:and-more:$API_KEY" | base64'],
  ["wrapped hex", `printf %s "user:$API_KEY" | od -An -tx1 | tr -d " \\n" | fold -w 60; echo`],
  ["lines of 60, as Ruby writes them", 'printf %s "$PEM" | base64 -w 60'],
  [
    "hex with colons",
    `"$SS_NODE" -p "Buffer.from(process.env.API_KEY).toString('hex').replace(/..(?!$)/g, '$&:')"`,
  ],
  ["JSON twice", '"$SS_NODE" -p "JSON.stringify(JSON.stringify(process.env.PASSWORD))"'],
  ["a form", `"$SS_NODE" -p "String(new URLSearchParams({ p: process.env.PASSWORD }))"`],
  [
    "the password of a URL",
    `"$SS_NODE" -p "const u = new URL('https://h'); u.username = 'u'; u.password = process.env.PASSWORD; u.href"`,
  ],
  ["set, in sh", `sh -c 'set | grep ^PASSWORD='`],
  ["what NODE_DEBUG makes the script print", 'NODE_DEBUG=child_process "$SS_NODE" -p "process.env.API_KEY"'],
] as const;

const platform = ownPlatform();
const archive = platform && archiveWithRuntime(platform);
const registry = createServer((_, response) => void response.end(archive && readFileSync(archive.path)));
await new Promise<void>((ready) => registry.listen(0, "127.0.0.1", ready));
const { port } = registry.address() as AddressInfo;
const bundle = archive
  ? `bundle-url: "$REGISTRY/bundle-$SECRET_STASH_ARCH.tar.gz", bundle-sha256: ${archive.sha256}`
  : `bundle-path: "${join(actionRoot, "dist")}"`;
if (archive === undefined)
  console.log("Debian's binutils are missing, so the job uses this machine's Node.\n");

const pipeline = `
include:
  - local: templates/secret-stash/template.yml
    inputs: { environment: ci, ${bundle} }
prints-everything:
  extends: .secret-stash
  script:
${ways.map(([name, command]) => `    - ${JSON.stringify(`echo '--- ${name}'; ${command}`)}\n`).join("")}    - "exit 42"
`;

const folder = mkdtempSync(join(tmpdir(), "secret-stash-demo-"));
const programs = archive && linkPrograms([]);
if (programs) console.log("No program called node is in the PATH of the job. Its archive brings one.\n");
const server = await startStashServer();
try {
  const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const variables = { API_KEY, DATABASE_URL, SERVICE_ACCOUNT, PEM, PASSWORD };
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
    REGISTRY: `http://127.0.0.1:${port}`,
    ...(programs && { PATH: programs.path }),
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
  registry.close();
  programs?.remove();
  rmSync(folder, { recursive: true, force: true });
}
