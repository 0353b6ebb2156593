import { type FuzzOutcome, residentKilobytes, sendHostileRequests } from "../broker/hostile-requests.ts";
import { generateKeys, type KeyPair } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";
import { startBrokerFor } from "../support/broker.ts";

const A_ROUND = 5000;
const GROWTH_LIMIT_KB = 50_000;

/** A broker, and hostile requests, some thousands at a time so that not all of them are in memory at once. Growth is counted from the first quarter on. */
export async function attackBroker(
  keys: { ownerKeys: KeyPair; grantKeys: KeyPair },
  count: number,
): Promise<FuzzOutcome> {
  const server = await startStashServer();
  const account = seedAccount(server.store, {
    environment: "ci",
    type: "testing",
    variables: { A: "a-secret-value" },
    ...keys,
  });
  const ends: (() => Promise<void>)[] = [() => server.close()];
  const { gitHub, broker } = await startBrokerFor({ account, server }, keys.grantKeys.privateKey, {
    onEnd: (end) => ends.unshift(end),
    more: "refusals-per-minute: 1000000\n",
  });
  const { publicKey } = await generateKeys();
  const load: FuzzOutcome = { sent: 0, statuses: {}, wrong: [], grownKilobytes: 0 };
  let early = 0;
  for (let first = 0; first < count; first += A_ROUND) {
    const seed = (Date.now() + first) % 2 ** 31;
    const round = await sendHostileRequests(broker, gitHub, publicKey, { count: A_ROUND, seed });
    load.sent += round.sent;
    load.wrong.push(...round.wrong.map((what) => `seed ${seed}: ${what}`));
    if (load.sent <= count / 4) early = residentKilobytes(broker);
    for (const [status, times] of Object.entries(round.statuses))
      load.statuses[status] = (load.statuses[status] ?? 0) + times;
  }
  load.grownKilobytes = residentKilobytes(broker) - early;
  if (load.grownKilobytes > GROWTH_LIMIT_KB)
    load.wrong.push(`the broker's process grew by ${load.grownKilobytes} kB`);
  if (broker.child.exitCode !== null || broker.said().includes("a bug"))
    load.wrong.push("the broker ended, or had an error that it did not expect");
  for (const end of ends) await end();
  return load;
}
