import { expect, inject, onTestFinished, test } from "vitest";
import { askForGrant, boundAudience, startBrokerFor, until } from "../support/broker.ts";
import { startSession } from "../support/session.ts";
import { sendHostileRequests } from "./hostile-requests.ts";

test("whatever comes in is answered with 4xx in the broker's own words, and leaves nothing behind", async () => {
  const session = await startSession();
  const { gitHub, broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
    onEnd: onTestFinished,
    more: "refusals-per-minute: 1000000\n", // so that every answer says what it is about
  });
  const { publicKey } = inject("keys").spareKeys;
  const count = Number(process.env.PROPERTY_RUNS ?? 2000);
  const seed = Date.now() % 2 ** 31;
  const { sent, wrong, statuses, grownKilobytes } = await sendHostileRequests(broker, gitHub, publicKey, {
    count,
    seed,
  });
  expect(wrong, `seed ${seed}, ${JSON.stringify(statuses)}`).toEqual([]);
  expect(sent).toBe(count);
  expect(grownKilobytes).toBeLessThan(100_000);
  expect(broker.said()).not.toContain("a bug");
  // control: the broker is as it was
  const token = gitHub.gitHubToken(boundAudience(broker.url, publicKey));
  const grant = await until(async () => {
    const answer = await askForGrant(broker.url, { token, public_key: publicKey, environments: ["ci"] });
    return answer.status !== 503 && answer; // a job, too, asks again
  });
  expect(grant.status).toBe(201);
});
