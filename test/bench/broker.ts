import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gitHubClaims, newSigningKey, signToken } from "../oidc-issuer/issuer.ts";
import { startIssuer } from "../oidc-issuer/server.ts";
import { type ActionStep, startJob } from "../runner/job.ts";
import type { KeyPair } from "../stash-server/owner.ts";
import { type BrokerProcess, boundAudience, startBroker, usualRules } from "../support/broker.ts";
import type { BenchAccount } from "./account.ts";
import { noLog } from "./account.ts";
import type { Claim } from "./report.ts";
import { median, quantile, takeTurns } from "./timing.ts";

// What a grant of the key broker costs, with whoever asks for it on the same machine; and what main pays for asking.

const CHECKOUT_MS = 2000;
const AT_ONCE = 32;
const TICKS_PER_SECOND = 100; // sysconf(_SC_CLK_TCK) on Linux

export interface BrokerLoad {
  grants: number;
  burst: number;
  rounds: number;
}

export async function benchBroker(
  folder: string,
  bench: BenchAccount,
  grantKeys: KeyPair,
  load: BrokerLoad,
): Promise<{ times: Map<string, number[]>; claims: Claim[] }> {
  const issuer = await startIssuer();
  const broker = await startBroker({
    ...{ account: bench.account, apiUrl: bench.server.url, folder: join(folder, "broker") },
    key: { id: bench.account.grantKeyId ?? 0, privateKey: grantKeys.privateKey },
    issuers: { github: { type: "github", url: issuer.url } },
    rules: usualRules(bench.account).split("\n")[0] ?? "",
    environment: { NODE_OPTIONS: "--max-semi-space-size=4" }, // as docs/broker.md starts it
  });
  try {
    const claims = [
      ...(await measureLoad(broker, issuer, load)),
      ...(await measureBurst(broker, issuer, load.burst)),
    ];
    const { times, claim } = await measureMain(folder, bench, broker, issuer, load.rounds);
    return { times, claims: [...claims, claim] };
  } finally {
    await broker.stop();
    await issuer.close();
  }
}

type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** Requests for grants, made before anything is timed. Each job has a token of its own, and all have one key, because a key takes a second. */
function makeRequests(broker: BrokerProcess, issuer: Issuer, count: number): string[] {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 4096 });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const key = issuer.keys[0] ?? newSigningKey("none");
  const claims = {
    ...gitHubClaims(Math.floor(Date.now() / 1000), boundAudience(broker.url, pem)),
    iss: issuer.url,
  };
  return Array.from({ length: count }, () =>
    JSON.stringify({
      token: signToken(key, { ...claims, jti: randomUUID() }),
      public_key: pem,
      environments: ["ci"],
    }),
  );
}

async function measureLoad(broker: BrokerProcess, issuer: Issuer, { grants }: BrokerLoad): Promise<Claim[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const warmUp = makeRequests(broker, issuer, AT_ONCE * 4);
  await Promise.all(warmUp.map((body) => ask(broker, body, agent)));
  const requests = makeRequests(broker, issuer, grants);
  const latencies: number[] = [];
  let lost = 0;
  let next = 0;
  const before = processorMs(broker);
  const start = performance.now();
  const work = async () => {
    for (let body = requests[next++]; body !== undefined; body = requests[next++]) {
      const began = performance.now();
      if ((await ask(broker, body, agent)) !== 201) lost += 1;
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  const what = `grants of 100 variables, ${AT_ONCE} at once`;
  return [
    { what: `key broker: ${what}`, measured: grants / seconds, target: 300, unit: "a second", isSpeed: true },
    {
      what: "key broker: the slowest hundredth of them",
      measured: quantile(latencies, 0.99),
      target: 250,
      unit: "ms",
    },
    {
      what: "key broker: processor time of a grant",
      measured: (processorMs(broker) - before) / grants,
      target: 3,
      unit: "ms",
    },
    { what: "key broker: grants lost", measured: lost, target: 0, unit: "grants" },
    { what: "key broker: memory after them", measured: residentMegabytes(broker), target: 200, unit: "MB" },
  ];
}

/** Every job of a large pipeline, each with a connection of its own. */
async function measureBurst(broker: BrokerProcess, issuer: Issuer, jobs: number): Promise<Claim[]> {
  const requests = makeRequests(broker, issuer, jobs);
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const start = performance.now();
  const statuses = await Promise.all(requests.map((body) => ask(broker, body, agent).catch(() => 0)));
  const seconds = (performance.now() - start) / 1000;
  const shown = jobs.toLocaleString("en");
  return [
    {
      what: `key broker: of ${shown} jobs that ask at once, lost`,
      measured: statuses.filter((status) => status !== 201).length,
      target: 0,
      unit: "jobs",
    },
    {
      what: `key broker: until the last of ${shown} has its answer`,
      measured: seconds,
      target: 10,
      unit: "s",
    },
    { what: "key broker: memory after that", measured: residentMegabytes(broker), target: 300, unit: "MB" },
  ];
}

async function measureMain(
  folder: string,
  bench: BenchAccount,
  broker: BrokerProcess,
  issuer: Issuer,
  rounds: number,
): Promise<{ times: Map<string, number[]>; claim: Claim }> {
  const node = "bare Node (node -e 0), beside the broker";
  const main = "main with a key broker, after pre and a checkout of two seconds";
  const mainWithGrantKey = "main with a grant key, after pre and a checkout of two seconds, beside it";
  let step: ActionStep;
  let other: ActionStep | undefined;
  const times = await takeTurns(
    [
      { name: node, run: () => spawnSync(process.execPath, ["-e", "0"], { stdio: "ignore" }) },
      {
        name: main,
        before: async () => {
          const inputs = { "broker-url": broker.url, environment: "ci" };
          step = startJob(join(folder, `broker-job-${randomUUID()}`), { log: noLog }).uses(
            inputs,
            issuer.gitHubJob(),
          );
          await step.pre();
          await sleep(CHECKOUT_MS);
        },
        run: () => step.main(),
      },
      {
        name: mainWithGrantKey,
        before: async () => {
          await step.post();
          const newStep = bench.newStep();
          other = newStep;
          await newStep.pre();
          await sleep(CHECKOUT_MS);
        },
        run: () => other?.main(),
      },
    ],
    rounds,
  );
  await other?.post();
  const claim = {
    what: "main with a key broker, after pre, 100 variables",
    measured: median(times.get(main) ?? []) / median(times.get(node) ?? []),
    target: 4,
    unit: "times bare Node",
  };
  return { times, claim };
}

function ask({ url }: BrokerProcess, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    request(`${url}/v1/grants`, { method: "POST", headers, agent }, (response) => {
      response
        .resume()
        .on("end", () => resolve(response.statusCode ?? 0))
        .on("error", reject);
    })
      .on("error", reject)
      .end(body);
  });
}

/** User and system time of the broker's process so far: fields 14 and 15 of proc_pid_stat(5). */
function processorMs({ child }: BrokerProcess): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[14 - 3]) + Number(fields[15 - 3])) / TICKS_PER_SECOND) * 1000;
}

function residentMegabytes({ child }: BrokerProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
