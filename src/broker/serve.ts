import { setTimeout as sleep } from "node:timers/promises";
import { printable } from "../lib/printable.ts";
import { version } from "../lib/version.ts";
import type { Surroundings } from "../stash/connect.ts";
import type { Broker } from "./grants/exchange.ts";
import type { BrokerConfig } from "./policy/config.ts";
import { openPolicyFile } from "./policy/policy-file.ts";
import { listen } from "./server/listen.ts";
import { createMetrics } from "./server/metrics.ts";
import { createPrivateApp } from "./server/private-app.ts";
import { createPublicApp } from "./server/public-app.ts";
import { createRefusalLimit } from "./server/refusal-limit.ts";
import { openAccount, readToken } from "./service/account.ts";
import { createEnvironments } from "./service/environments.ts";
import { checkPin } from "./service/pins.ts";
import { createRegistrations } from "./service/registration.ts";
import { openStore } from "./store/open-store.ts";
import type { AuditRow, BrokerStore } from "./store/store.ts";
import { fetchJson } from "./tokens/capped-fetch.ts";
import { createIssuerKeys } from "./tokens/issuer-keys.ts";

export interface ServeOptions {
  /** the path of broker.yaml */
  policy: string;
  insecureTestIssuers: boolean;
  /** proxy settings for the way to SecretStash */
  environment: NodeJS.ProcessEnv;
  /** gets each audit row, for the log */
  publish(row: AuditRow): void;
  /** says something to whoever runs the broker */
  tell(message: string): void;
}

export interface RunningBroker {
  url: string;
  privateUrl: string;
  /** Reads the policy, the token, the key and the certificates again. Never throws. */
  reload(): void;
  /** Turns `readyz` to 503, lets requests in flight end, and closes everything. */
  stop(): Promise<void>;
}

const LOOK_MS = 2000;
const REFRESH_MS = 60_000;
const PRUNE_MS = 600_000;
const IN_FLIGHT_MS = 10_000;
const DRAIN_MS = 1000;
const JUMP_SECONDS = 60;
const restartSettings = ["listen", "private", "tls", "store", "privateTokenFile"] as const;

const seconds = () => Date.now() / 1000;
/** A clock that only goes forward: for ages, which must not jump when somebody sets the time. */
const elapsed = () => performance.now() / 1000;

/**
 * Runs the broker.
 *
 * @throws {BrokerError} if the policy, the files that it names, the store or the addresses cannot be used
 */
export async function serve(options: ServeOptions): Promise<RunningBroker> {
  const { environment, tell } = options;
  const surroundings: Surroundings = { environment, log: { info: tell, debug: () => {} } };
  const open = (config: BrokerConfig) => {
    const account = openAccount(config, surroundings);
    const check = (name: string, fingerprint: string) =>
      checkPin(policyFile.current().config, store, name, fingerprint);
    return { account, environments: createEnvironments(account, () => config.cache, elapsed, check, tell) };
  };
  const accept = (config: BrokerConfig, before: BrokerConfig) => {
    opened = open(config); // Before the policy is in force: both are replaced, or neither.
    issuerKeys.replace(config.issuers);
    void issuerKeys.refresh();
    warnOfUnpinned(config, tell);
    const waiting = restartSettings.filter(
      (name) => JSON.stringify(config[name]) !== JSON.stringify(before[name]),
    );
    if (waiting.length > 0) tell(`These settings take effect after a restart: ${waiting.join(", ")}.`);
  };
  const policyFile = openPolicyFile(options.policy, options, accept, tell, () => performance.now());
  const first = policyFile.current().config;
  const store = openStore(first.store);
  let opened = open(first);
  const issuerKeys = createIssuerKeys(first.issuers, fetchJson, elapsed);
  warnOfUnpinned(first, tell);

  const broker: Broker = {
    policy: policyFile.current,
    issuerKeys: () => issuerKeys,
    account: () => opened.account,
    environments: () => opened.environments,
    registrations: createRegistrations(store),
    store,
    now: seconds,
    tell,
  };

  const metrics = createMetrics();
  let isDraining = false;
  const isReady = async () => {
    if (isDraining) return false;
    return store.check().then(
      () => true,
      () => false,
    );
  };
  const countRefusal = createRefusalLimit(() => policyFile.current().config.refusalsPerMinute, elapsed);
  const publicApp = createPublicApp({
    ...{ broker, metrics, countRefusal, isReady, publish: options.publish },
    isDraining: () => isDraining,
  });
  const { listen: endpoint, private: privateEndpoint, tls, privateTokenFile } = first;
  const token =
    privateTokenFile === undefined ? undefined : readToken(privateTokenFile, "private-token-file");
  const privateApp = createPrivateApp({ broker, metrics, policyFault: policyFile.fault, token });
  const publicSide = await listen(publicApp.fetch as never, endpoint, tls);
  const privateSide = await listen(
    privateApp.fetch as never,
    privateEndpoint,
    token === undefined ? undefined : tls,
  );
  const prune = createPruning(store, () => policyFile.current().config.auditKeep);

  void issuerKeys.refresh();
  const timers = [
    setInterval(policyFile.look, LOOK_MS),
    setInterval(() => void issuerKeys.refresh(), REFRESH_MS),
    setInterval(() => void prune().catch(() => tell("The store could not be pruned now.")), PRUNE_MS),
  ];
  const { hash } = policyFile.current();
  tell(
    `version ${version}, policy ${hash.slice(0, 16)}, device key ${opened.account.keyId}, store ${printable(first.store)}`,
  );
  return {
    url: publicSide.url,
    privateUrl: privateSide.url,
    reload: () => {
      policyFile.look();
      const openAgain = () => {
        opened = open(policyFile.current().config);
      };
      const isDone = [openAgain, publicSide.renew, privateSide.renew].map((work) => attempt(work, tell));
      if (!isDone.includes(false)) tell("The token, the key and the certificates were read again.");
    },
    stop: async () => {
      isDraining = true;
      for (const timer of timers) clearInterval(timer);
      await sleep(DRAIN_MS); // Long enough for a load balancer to see it, and for nobody else to notice.
      await Promise.all([publicSide.close(IN_FLIGHT_MS), privateSide.close(0)]);
      await store.close();
    },
  };
}

/** Tries something that may fail while the broker goes on. @returns whether it succeeded */
function attempt(work: () => void, tell: (message: string) => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    tell(error instanceof Error ? error.message : "Something could not be loaded again.");
    return false;
  }
}

/**
 * Forgets what is over. Not while the clock jumps: set forward and back again, it would make the broker forget tokens that are still accepted.
 *
 * @param keptSeconds for how long audit rows are kept
 */
function createPruning(store: BrokerStore, keptSeconds: () => number): () => Promise<void> {
  let last = { wall: seconds(), elapsed: elapsed() };
  return async () => {
    const now = { wall: seconds(), elapsed: elapsed() };
    const jump = Math.abs(now.wall - last.wall - (now.elapsed - last.elapsed));
    last = now;
    if (jump > JUMP_SECONDS) return;
    await store.prune(Math.floor(now.wall), Math.floor(now.wall) - keptSeconds());
  };
}

/** Without a pin, the service decides which key the values of an environment are encrypted with, and so which values there are. */
function warnOfUnpinned({ pins, rules }: BrokerConfig, tell: (message: string) => void): void {
  if (pins === "first-use") return;
  const names = rules.flatMap(({ grant }) =>
    grant.environments.map((slug) => `${grant.application}/${slug}`),
  );
  const unpinned = [...new Set(names)].filter((name) => !pins.has(name));
  if (unpinned.length > 0) {
    tell(
      `No pin for ${unpinned.join(", ")}: the broker accepts any DEK that SecretStash sends. Pin it with: secret-stash-ci broker trust.`,
    );
  }
}
