import { setTimeout as sleep } from "node:timers/promises";
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
import { openStore } from "./store/open-store.ts";
import type { AuditRow } from "./store/store.ts";
import { fetchJson } from "./tokens/capped-fetch.ts";
import { createIssuerKeys } from "./tokens/issuer-keys.ts";

export interface ServeOptions {
  /** the path of broker.yaml */
  policy: string;
  insecureTestIssuers: boolean;
  /** how many refusals a minute an address may have before it is told nothing more */
  refusalsPerMinute?: number;
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

const REFUSALS_PER_MINUTE = 120;
const LOOK_MS = 2000;
const REFRESH_MS = 60_000;
const PRUNE_MS = 600_000;
const IN_FLIGHT_MS = 10_000;

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
  const policyFile = openPolicyFile(options.policy, options, tell);
  const config = () => policyFile.current().config;
  const { listen: endpoint, private: privateEndpoint, tls, privateTokenFile, store: address } = config();
  const store = openStore(address);
  const open = () => {
    const account = openAccount(config(), surroundings);
    const check = (name: string, fingerprint: string) => checkPin(config(), store, name, fingerprint);
    return { account, environments: createEnvironments(account, () => config().cache, elapsed, check, tell) };
  };
  let { account, environments } = open();
  let issuerKeys = createIssuerKeys(config().issuers, fetchJson, elapsed);
  warnOfUnpinned(config(), tell);

  const broker: Broker = {
    policy: policyFile.current,
    issuerKeys: () => issuerKeys,
    account: () => account,
    environments: () => environments,
    store,
    now: seconds,
    tell,
  };
  const look = () => {
    const { issuers } = config();
    if (!policyFile.look()) return;
    if (JSON.stringify([...issuers]) !== JSON.stringify([...config().issuers])) {
      issuerKeys = createIssuerKeys(config().issuers, fetchJson, elapsed);
      void issuerKeys.refresh();
    }
    ({ account, environments } = attempt(open, tell) ?? { account, environments });
    warnOfUnpinned(config(), tell);
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
  const isOneTooMany = createRefusalLimit(options.refusalsPerMinute ?? REFUSALS_PER_MINUTE, elapsed);
  const publicApp = createPublicApp({ broker, metrics, isOneTooMany, isReady, publish: options.publish });
  const token =
    privateTokenFile === undefined ? undefined : readToken(privateTokenFile, "private-token-file");
  const privateApp = createPrivateApp({ broker, metrics, policyFault: policyFile.fault, token });
  const publicSide = await listen(publicApp.fetch as never, endpoint, tls);
  const privateSide = await listen(
    privateApp.fetch as never,
    privateEndpoint,
    token === undefined ? undefined : tls,
  );

  void issuerKeys.refresh();
  const timers = [
    setInterval(look, LOOK_MS),
    setInterval(() => void issuerKeys.refresh(), REFRESH_MS),
    setInterval(() => void store.prune(Math.floor(seconds())).catch(() => {}), PRUNE_MS),
  ];
  return {
    url: publicSide.url,
    privateUrl: privateSide.url,
    reload: () => {
      look();
      ({ account, environments } = attempt(open, tell) ?? { account, environments });
      for (const side of [publicSide, privateSide]) attempt(side.renew, tell);
    },
    stop: async () => {
      isDraining = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.all([publicSide.close(IN_FLIGHT_MS), privateSide.close(0)]);
      await sleep(0);
      await store.close();
    },
  };
}

/** What cannot be loaded again stays as it was. */
function attempt<Result>(work: () => Result, tell: (message: string) => void): Result | undefined {
  try {
    return work();
  } catch (error) {
    tell(error instanceof Error ? error.message : "Something could not be loaded again.");
    return undefined;
  }
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
      `No pin for ${unpinned.join(", ")}: whatever DEK SecretStash answers with is accepted. See: secret-stash-ci broker trust.`,
    );
  }
}
