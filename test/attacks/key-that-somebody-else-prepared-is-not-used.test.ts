import { chmodSync, existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { fingerprintOf } from "../../src/crypto/device-key.ts";
import { seal, sealKeyOf } from "../../src/crypto/seal.ts";
import { type Session, startSession } from "../support/session.ts";

// Attack 4: where there is no pre, another step can set the variable `STATE_prepared`, and so impose a key of its own.

test.each<[string, (session: Session) => string]>([
  ["in the workspace, open to all", (session) => plant(session, session.job.workspace, 0o777)],
  ["in the temp directory, private", (session) => plant(session, session.job.temp, 0o700)],
])("a preparation that is not sealed with the token is ignored: %s", async (_, make) => {
  const session = await startSession();
  const keyDirectory = make(session);
  await session.job.run(
    `echo 'STATE_prepared=${JSON.stringify({ keyDirectory, pid: process.pid })}' >> "$GITHUB_ENV"`,
  );
  expect(await session.step().main()).toBe(0);
  expect(registered(session)).not.toContain(plantedFingerprint());
});

// With the seal, which only somebody with the token can make, the folder is still looked at.
test.each<[string, (session: Session) => string]>([
  ["outside the temp directory", (session) => plant(session, session.job.workspace, 0o700)],
  ["open to others", (session) => plant(session, session.job.temp, 0o777)],
  ["from another day", (session) => aged(plant(session, session.job.temp, 0o700))],
])("a folder that is %s is not claimed", async (_, make) => {
  const session = await startSession();
  const step = session.step();
  step.state.set("prepared", sealed(session, make(session)));
  expect(await step.main()).toBe(0);
  expect(registered(session)).not.toContain(plantedFingerprint());
});

test("control: a sealed and private one in the temp directory is claimed", async () => {
  const session = await startSession();
  const step = session.step();
  step.state.set("prepared", sealed(session, plant(session, session.job.temp, 0o700)));
  expect(await step.main()).toBe(0);
  expect(registered(session)).toContain(plantedFingerprint());
  await step.post();
});

test("a prepared key that a step changed is deleted, and main generates one", async () => {
  const session = await startSession();
  const step = session.step();
  const keyDirectory = plant(session, session.job.temp, 0o700);
  writeFileSync(join(keyDirectory, "prepared_key.pem"), "not a key");
  step.state.set("prepared", sealed(session, keyDirectory));
  expect(await step.main()).toBe(0);
  expect(existsSync(keyDirectory)).toBe(false);
  await step.post();
});

function plant(_: Session, folder: string, mode: number): string {
  const keyDirectory = join(folder, "secret-stash-tmp-00000000000000aa");
  mkdirSync(keyDirectory);
  writeFileSync(join(keyDirectory, "prepared_key.pem"), inject("keys").spareKeys.privateKey, { mode: 0o600 });
  chmodSync(keyDirectory, mode);
  return keyDirectory;
}

function aged(path: string): string {
  const then = new Date(Date.now() - 24 * 60 * 60_000);
  utimesSync(path, then, then);
  return path;
}

function sealed({ account }: Session, keyDirectory: string): string {
  const preparation = { keyDirectory, pid: process.pid };
  const context = `prepared    \n${JSON.stringify(preparation)}`;
  return JSON.stringify({ ...preparation, seal: seal(context, "", sealKeyOf(account.apiToken)) });
}

function plantedFingerprint(): string {
  return fingerprintOf(inject("keys").spareKeys.publicKey);
}

function registered({ server }: Session): string[] {
  return server.store.listKeys().map(({ fingerprint }) => fingerprint);
}
