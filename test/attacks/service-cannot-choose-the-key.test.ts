import { expect, inject, test } from "vitest";
import { dekFingerprint } from "../../src/crypto/dek-fingerprint.ts";
import { openEnvelope, wrapDek } from "../../src/crypto/envelope.ts";
import { encryptPayload } from "../../src/crypto/payload.ts";
import { startCliSession } from "../support/cli.ts";
import { endpoints, failingMain, type Session, startSession } from "../support/session.ts";

// Attack 11: the service wraps a DEK of its own for the grant key, whose public half it knows, and encrypts values of its own with it.

const evilDek = Buffer.alloc(32, 7);

test("with dek-fingerprint, another DEK is refused before the temporary key gets access or anything is decrypted", async () => {
  const pin = await fingerprintOfDoctor();
  const { session } = await startEvilService();
  const message = await failingMain(session, { "dek-fingerprint": pin });
  expect(message).toMatch(
    /^The key \(DEK\) of environment ci is not the one that dek-fingerprint names, so nothing was decrypted\. .* \[DEK_REFUSED\]\n/,
  );
  expect(endpoints(session).filter((line) => line.startsWith("POST") && line.endsWith("/envelope"))).toEqual(
    [],
  );
});

test("negative control: without it, the service chooses every value", async () => {
  const { session } = await startEvilService();
  const step = session.step();
  expect(await step.main()).toBe(0);
  expect(session.job.environment.get("API_KEY")).toBe("chosen by the service");
  await step.post();
});

test("the right fingerprint passes: whole, its beginning, in upper case, and among those of other environments", async () => {
  const session = await startSession();
  const pin = dekFingerprint(dekOf(session));
  for (const given of [
    pin,
    pin.slice(0, 32),
    pin.toUpperCase(),
    `ci=${pin}`,
    `other=${"0".repeat(64)}, ci=${pin}`,
  ]) {
    const step = session.step({ "dek-fingerprint": given });
    expect(await step.main(), given).toBe(0);
    await step.post();
  }
});

test.each([
  ["abc", /line 1, "abc": expected the 64 hexadecimal digits that doctor shows/],
  [`other=${"0".repeat(64)}`, /has no fingerprint for ci: write environment=fingerprint/],
  [`ci=${"0".repeat(64)} ci=${"1".repeat(64)}`, /names one environment twice/],
])("dek-fingerprint: %s is a mistake", async (given, mistake) => {
  const session = await startSession();
  expect(await failingMain(session, { "dek-fingerprint": given })).toMatch(mistake);
});

test.each(["0", "5"])(
  "an envelope that is there, or comes with an approval, is checked as well (grant-wait: %s)",
  async (wait) => {
    const session: Session = await startSession({
      grant: false,
      answer: ({ url }) => {
        const key = session.server.store.listKeys().at(-1);
        if (!url.includes("/envelope?") || key === undefined) return undefined;
        return Response.json({ data: { envelope: wrapDek(evilDek, key.public_key) } });
      },
    });
    const pin = dekFingerprint(dekOf(session));
    expect(await failingMain(session, { "dek-fingerprint": pin, "grant-wait": wait })).toContain(
      "[DEK_REFUSED]",
    );
  },
);

/** What a person takes from doctor's output. */
async function fingerprintOfDoctor(): Promise<string> {
  const session = await startCliSession();
  const { stdout } = await session.run(["doctor"]);
  const shown = /dek-fingerprint ci=([0-9a-f]{64})/.exec(stdout)?.[1] ?? "";
  expect(shown).toBe(dekFingerprint(dekOf(session)));
  return shown;
}

function dekOf({ server, account }: Session): Buffer {
  const found = server.store.findEnvelope(1, account.ownerKeyId);
  return openEnvelope(JSON.parse(found?.envelope ?? ""), inject("keys").ownerKeys.privateKey);
}

async function startEvilService(): Promise<{ session: Session }> {
  const session: Session = await startSession({
    answer: ({ method, url }) => {
      if (method !== "GET") return undefined;
      if (url.includes("/envelope?")) {
        return Response.json({ data: { envelope: wrapDek(evilDek, inject("keys").grantKeys.publicKey) } });
      }
      if (!url.endsWith("/variables")) return undefined;
      const payload = encryptPayload("chosen by the service", evilDek);
      return Response.json({ data: [{ id: "1", name: "API_KEY", payload }] });
    },
  });
  return { session };
}
