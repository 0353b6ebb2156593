import type { KeyPair } from "../stash-server/owner.ts";
import type { Intercept } from "../stash-server/server.ts";
import { type Death, startVictim, type Victim } from "./victim.ts";

/** One row of the table. */
export interface Outcome {
  fault: string;
  tried: number;
  /** how many ended as expected */
  survived: number;
  /** a partial export, or a value where it does not belong */
  lost: string[];
  /** what was left after everything had been cleaned up */
  leftOver: string[];
}

export interface Scale {
  /** at how many moments a run is killed */
  moments: number;
  /** the interval between operations on the disk before which it is killed */
  everyOperation: number;
}

type Keys = { ownerKeys: KeyPair; grantKeys: KeyPair };

/** Kills main, post and the command line at moments spread over their runs, and before every change they make to the disk. */
export async function killEverywhere(keys: Keys, { moments, everyOperation }: Scale): Promise<Outcome[]> {
  const victim = await startVictim(keys);
  const outcomes: Outcome[] = [];
  const exec = (death?: Death) => victim.cli(["exec", "--", "true"], death).then(() => {});
  const pull = (death?: Death) => victim.cli(["pull"], death).then(() => {});
  const cases: [string, (death?: Death) => Promise<void>, () => Promise<void>, number][] = [
    ["main", victim.main, async () => victim.post(), 0.5],
    ["post", victim.post, async () => nextJob(victim), 0.2],
    ["exec", exec, async () => nextCommand(victim), 0.15],
    ["pull in a shell", pull, async () => nextCommand(victim), 0.15],
  ];
  for (const [name, run, recover, share] of cases) {
    const before = name === "post" ? () => victim.main() : async () => {};
    await before();
    const start = performance.now();
    await run();
    const seconds = (performance.now() - start) / 1000;
    await clear(victim);
    const count = Math.ceil(moments * share);
    const times = Array.from({ length: count }, (_, index) => ({
      afterSeconds: (seconds * 1.1 * (index + 1)) / count,
    }));
    outcomes.push(await kill(`${name} killed at a moment`, victim, times, before, run, recover));

    await before();
    const operations = await victim.countOperations(() => run());
    await clear(victim);
    const points = Array.from({ length: operations }, (_, index) => ({ atOperation: index + 1 }));
    const chosen = points.filter((_, index) => index % everyOperation === 0);
    outcomes.push(
      await kill(`${name} killed before a change to the disk`, victim, chosen, before, run, recover),
    );
  }
  await victim.close();
  return outcomes;
}

async function kill(
  fault: string,
  victim: Victim,
  deaths: readonly Death[],
  before: () => Promise<void>,
  run: (death?: Death) => Promise<void>,
  recover: () => Promise<void>,
): Promise<Outcome> {
  const outcome: Outcome = { fault, tried: deaths.length, survived: 0, lost: [], leftOver: [] };
  for (const death of deaths) {
    await before();
    await run(death);
    const lost = victim.partial();
    await recover();
    const left = [...victim.leftOver(), ...keysLeft(victim)];
    outcome.lost.push(...lost);
    outcome.leftOver.push(...left.map((what) => `${JSON.stringify(death)}: ${what}`));
    if (lost.length + left.length === 0) outcome.survived += 1;
    await clear(victim);
  }
  return outcome;
}

/** The next job on the machine, when what the last one left has expired; its workspace is a new checkout. */
async function nextJob(victim: Victim): Promise<void> {
  victim.expire();
  await victim.main();
  await victim.post();
}

async function nextCommand(victim: Victim): Promise<void> {
  victim.expire();
  await victim.cli(["exec", "--", "true"]);
}

function keysLeft({ server }: Victim): string[] {
  return server.store.listKeys().length === 2 ? [] : ["a key on the service"];
}

async function clear(victim: Victim): Promise<void> {
  victim.expire();
  victim.reset();
}

const network: [string, (call: number) => Response | undefined | Promise<Response | undefined>][] = [
  ["500 once", (call) => (call === 0 ? Response.json({}, { status: 500 }) : undefined)],
  [
    "429 once, Retry-After: 1",
    (call) => (call === 0 ? Response.json({}, { status: 429, headers: { "Retry-After": "1" } }) : undefined),
  ],
  ["the connection broken once", (call) => (call === 0 ? brokenAnswer() : undefined)],
  ["half an answer once", (call) => (call === 0 ? halfAnswer() : undefined)],
  ["500 for ever", () => Response.json({}, { status: 500 })],
  ["HTML for ever", () => new Response("<html>")],
];

/** Applies every network fault to every request of a session, which has to go on, or fail and leave nothing. */
export async function breakEveryRequest(keys: Keys): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const routes = [/\/variables$/, /^GET .*envelope\?/, /^POST .*user\/keys$/, /^POST .*envelope$/];
  for (const [fault, answer] of network) {
    const outcome: Outcome = { fault, tried: routes.length, survived: 0, lost: [], leftOver: [] };
    for (const route of routes) {
      let calls = 0;
      const intercept: Intercept = (request) =>
        route.test(`${request.method} ${request.url}`) ? answer(calls++) : undefined;
      const victim = await startVictim(keys, intercept);
      await victim.main();
      const lost = victim.partial();
      await victim.post();
      const left = [...victim.leftOver(), ...keysLeft(victim)];
      outcome.lost.push(...lost);
      outcome.leftOver.push(...left.map((what) => `${route}: ${what}`));
      if (lost.length + left.length === 0) outcome.survived += 1;
      await victim.close();
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

function brokenAnswer(): Response {
  return new Response(
    new ReadableStream({ start: (stream) => stream.error(new Error("broken on purpose")) }),
  );
}

function halfAnswer(): Response {
  let sent = false;
  const pull = (stream: ReadableStreamDefaultController) => {
    if (sent) stream.error(new Error("broken on purpose"));
    else stream.enqueue(Buffer.from('{"data":['));
    sent = true;
  };
  return new Response(new ReadableStream({ pull }));
}
