import { readdirSync } from "node:fs";
import { generateKeys } from "../stash-server/owner.ts";
import { attackBroker } from "./broker.ts";
import { compareJobs } from "./compare-jobs.ts";
import { breakEveryRequest, killEverywhere, type Outcome } from "./faults.ts";
import { type Load, runSessions } from "./load.ts";

// `npm run chaos` kills everything that can be killed, at every point, and counts what is left.

const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
const keys = { ownerKeys, grantKeys };
console.error = () => {}; // The server's router prints each interrupted answer, and here they are interrupted on purpose.
console.log("| fault | tried | survived | lost | left over |\n| --- | --- | --- | --- | --- |");
const outcomes: Outcome[] = [];
for (const work of [
  () => killEverywhere(keys, { moments: 200, everyOperation: 1 }),
  () => breakEveryRequest(keys),
]) {
  for (const outcome of await work()) {
    outcomes.push(outcome);
    const { fault, tried, survived, lost, leftOver } = outcome;
    console.log(`| ${fault} | ${tried} | ${survived} | ${lost.length} | ${leftOver.length} |`);
  }
}
console.log(
  "\n| load | sessions | succeeded | requests taken | turned away | left over |\n| --- | --- | --- | --- | --- | --- |",
);
const processes = readdirSync("/proc").length;
const loads: [string, Load][] = [
  ["64 at once, one token, 60 requests in 6 s", await runSessions(keys, 64, 64, 6000)],
  ["1,000 in a row", await runSessions(keys, 1000, 2, 1)],
];
for (const [name, { sessions, succeeded, taken, turnedAway, leftOver }] of loads) {
  console.log(`| ${name} | ${sessions} | ${succeeded} | ${taken} | ${turnedAway} | ${leftOver.length} |`);
}
console.log(`\nProcesses on the machine before and after: ${processes}, ${readdirSync("/proc").length}`);
const attacked = await attackBroker(keys, 100_000);
console.log(
  `\nHostile requests to the broker: ${attacked.sent}, ${attacked.wrong.length} wrong answers, ${JSON.stringify(attacked.statuses)}, ${attacked.grownKilobytes} kB more`,
);
const compared = await compareJobs(keys);
console.log(
  "\n| GitLab jobs | scripts | shells | wrappers | scripts with a documented difference | other differences |\n| --- | --- | --- | --- | --- | --- |\n" +
    `| ${compared.jobs} | ${compared.scripts} | ${compared.shells} | ${compared.wrappers} | ${compared.documented} | ${compared.differences.length} |`,
);
const failed = loads.flatMap(([name, { sessions, succeeded, leftOver }]) => [
  ...leftOver.map((what) => `${name}: ${what}`),
  ...(succeeded === sessions ? [] : [`${name}: ${sessions - succeeded} failed`]),
]);
const bad = outcomes.flatMap(({ fault, lost, leftOver }) =>
  [...lost, ...leftOver].map((what) => `${fault}: ${what}`),
);
const wrong = [...bad, ...failed, ...attacked.wrong, ...compared.differences];
for (const line of wrong) console.log(line);
process.exitCode = wrong.length === 0 ? 0 : 1;
