import { generateKeys } from "../stash-server/owner.ts";
import { breakEveryRequest, killEverywhere, type Outcome } from "./faults.ts";

// `npm run chaos`: everything that can be killed is killed, everywhere, and what is left is counted.

const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
const keys = { ownerKeys, grantKeys };
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
const bad = outcomes.flatMap(({ fault, lost, leftOver }) =>
  [...lost, ...leftOver].map((what) => `${fault}: ${what}`),
);
for (const line of bad) console.error(line);
process.exitCode = bad.length === 0 ? 0 : 1;
