import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { grantAsOwner } from "../support/grants.ts";
import { failingMain, type Session, startSession } from "../support/session.ts";

const threeWays =
  /has no access to environment ci\. .*three ways to do that:\n- an existing envelope: .*\n- a grant key: .*\n- an approval: .* \[ENVELOPE_MISSING\]\n/;

test("if the service answers with null", async () => {
  const session = await startSession({ grant: false });
  expect(await failingMain(session)).toMatch(threeWays);
});

test("if the service answers with 404", async () => {
  const session = await startSession({
    grant: false,
    answer: ({ url }) =>
      url.includes("/envelope?") ? Response.json({ message: "None." }, { status: 404 }) : undefined,
  });
  expect(await failingMain(session)).toMatch(threeWays);
});

test("no DEK is made and no envelope is posted: the environment's ciphertexts stay readable", async () => {
  const session = await startSession({ grant: false });
  await failingMain(session);
  expect(session.requests.filter(({ method, url }) => method === "POST" && url.includes("envelope"))).toEqual(
    [],
  );
});

test("an envelope that was wrapped for another key cannot be opened, and the reason is not revealed", async () => {
  const { publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 4096,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const session: Session = await startSession({
    grant: false,
    answer: ({ url }) => {
      const id = /envelope\?device_key_id=(\d+)/.exec(url)?.[1];
      if (id !== undefined) grantAsOwner(session, Number(id), publicKey);
      return undefined;
    },
  });
  expect(await failingMain(session)).toMatch(
    /^The envelope .* cannot be opened\. .*\[ENVELOPE_UNREADABLE\]\n/,
  );
});
