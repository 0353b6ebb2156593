import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startJob } from "../runner/job.ts";
import { generateKeys } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";

// The main job, from nothing: starts a service with a testing environment, and runs a job that uses the action in dist/.
// It needs neither network nor account, and ends by itself.

const heading = (text: string) => console.log(`\n\u001b[1m${text}\u001b[0m`);
const folder = mkdtempSync(join(tmpdir(), "secret-stash-demo-"));
const server = await startStashServer();
const job = startJob(folder);

try {
  heading("A SecretStash-compatible service, and an account with a testing environment");
  const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const variables = {
    APP_URL: "https://demo.example.test",
    DATABASE_URL: "postgres://app:p%40ss-w0rd@db.example.test:5432/app",
    STRIPE_KEY: "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    SERVICE_ACCOUNT: JSON.stringify({
      client: "billing-service",
      private_key: "-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n",
    }),
    SIGNING_KEY:
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9q\n-----END PRIVATE KEY-----\n",
  };
  const account = seedAccount(server.store, {
    environment: "ci",
    type: "testing",
    variables,
    ownerKeys,
    grantKeys,
  });
  console.log(
    `${server.url}: application ${account.applicationId}, environment ci, ${Object.keys(variables).length} variables`,
  );

  const step = job.uses({
    "api-url": server.url,
    "api-token": account.apiToken,
    "application-id": account.applicationId,
    environment: "ci",
    "grant-key": `${account.grantKeyId}:${grantKeys.privateKey}`,
    "env-file": ".env",
  });
  const codes: number[] = [];
  const section = async (title: string, work: () => Promise<number>) => {
    const from = job.log.lines.length;
    heading(title);
    codes.push(await work());
    console.log(
      job.log.lines
        .slice(from)
        .map((line) => `  ${line}`)
        .join("\n"),
    );
  };

  await section("uses: secret-stash-action (main), as the runner shows it", () => step.main());
  await section("run: a step that prints its environment, its .env and a few encodings", () =>
    job.run(
      [
        'env | grep -E "^(APP_URL|DATABASE_URL|STRIPE_KEY|SERVICE_ACCOUNT|SECRET_STASH_KEY_DIR)="',
        "echo '--- .env'; cat .env",
        'echo "--- base64 (its end is the newline that echo adds), hex"; echo "$STRIPE_KEY" | base64; printf %s "$STRIPE_KEY" | od -An -tx1 | tr -d " \\n"; echo',
        'echo "--- key directory"; ls -l "$SECRET_STASH_KEY_DIR"',
      ].join("\n"),
    ),
  );
  await section("post: always runs, after a cancelled job too", () => step.post());

  heading("What the service saw");
  for (const { at, action, subject } of server.store.listAudit()) console.log(`  ${at} ${action} ${subject}`);
  console.log(
    `  keys still registered: ${server.store
      .listKeys()
      .map(({ label }) => label)
      .join(", ")}`,
  );

  heading("What is left on the runner");
  const left = [...readdirSync(job.temp), ...readdirSync(job.workspace)];
  console.log(`  ${left.length === 0 ? "nothing" : left.join(", ")}`);

  const leaked = Object.values(variables).some((value) => job.log.lines.join("\n").includes(value.trim()));
  if (codes.some((code) => code !== 0) || left.length > 0 || leaked)
    throw new Error("the demo did not go as it should");
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
