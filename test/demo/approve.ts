import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { actionRoot, startJob } from "../runner/job.ts";
import { generateKeys, writeKeyDirectory } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";

// No key in CI that can decrypt: a job waits, a person approves from another machine, the job goes on. Everything in one terminal.

const heading = (text: string) => console.log(`\n\u001b[1m${text}\u001b[0m`);
const folder = mkdtempSync(join(tmpdir(), "secret-stash-demo-"));
const server = await startStashServer();
const job = startJob(folder);

try {
  heading("A service with a production environment; only Alice's laptop has a key that decrypts it");
  const ownerKeys = await generateKeys();
  const secret = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
  const account = seedAccount(server.store, {
    environment: "production",
    type: "production",
    variables: { STRIPE_KEY: secret },
    ownerKeys,
  });
  server.store.addToken("sst_alice", "Alice");
  const laptop = join(folder, "laptop");
  writeKeyDirectory(laptop, account.ownerKeyId, "Alice's laptop", ownerKeys);

  let shown = 0;
  const showLog = () => {
    for (const line of job.log.lines.slice(shown)) console.log(`  job    | ${line}`);
    shown = job.log.lines.length;
  };

  heading("The job: no grant key, grant-wait: 10");
  const step = job.uses(
    {
      "api-url": server.url,
      "api-token": account.apiToken,
      "application-id": account.applicationId,
      environment: "production",
      "grant-wait": "10",
    },
    { GITHUB_REPOSITORY: "acme/app", GITHUB_WORKFLOW: "deploy", GITHUB_RUN_NUMBER: "17" },
  );
  const main = step.main();
  let fingerprint: string | undefined;
  while (fingerprint === undefined) {
    await sleep(100);
    fingerprint = job.log.lines.join("\n").match(/fingerprint {2}([0-9a-f ]+)/)?.[1];
  }
  showLog();

  heading("Alice, on her laptop");
  const approve = async (...flags: string[]) => {
    console.log(`  alice  $ secret-stash-ci approve ${flags.join(" ")}`);
    const child = spawn(process.execPath, [join(actionRoot, "dist/index.js"), "approve", ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        SECRET_STASH_API_URL: server.url,
        SECRET_STASH_API_TOKEN: "sst_alice",
        SECRET_STASH_APPLICATION_ID: account.applicationId,
        SECRET_STASH_KEY_DIR: laptop,
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) =>
        console.log(chunk.toString().trimEnd().replaceAll(/^/gm, "  alice  | ")),
      );
    }
    return new Promise<number | null>((done) => child.once("close", done));
  };
  console.log(
    "  Without a terminal to ask at, approve lists what waits and refuses to guess; with one, it asks.",
  );
  await approve("--environment", "production");
  const approved = await approve("--environment", "production", "--fingerprint", fingerprint);

  heading("The job goes on");
  const mainCode = await main;
  await job.run('echo "STRIPE_KEY=$STRIPE_KEY"');
  showLog();
  heading("post: the key is gone");
  const postCode = await step.post();
  showLog();

  heading("The service's audit log");
  for (const { at, actor, action, subject } of server.store.listAudit()) {
    console.log(`  ${at} ${actor.padEnd(5)} ${action} ${subject}`);
  }
  const left = readdirSync(job.temp);
  console.log(`  left on the runner: ${left.length === 0 ? "nothing" : left.join(", ")}`);
  const leaked = job.log.lines.join("\n").includes(secret);
  if (approved !== 0 || mainCode !== 0 || postCode !== 0 || left.length > 0 || leaked)
    throw new Error("the demo did not go as it should");
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
