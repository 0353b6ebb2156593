import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Account, seedAccount } from "../stash-server/seed.ts";
import { type StashServer, startStashServer } from "../stash-server/server.ts";
import { compare, matrixVariables, sampleCells } from "./matrix.ts";
import { scripts } from "./scripts.ts";

let server: StashServer;
let account: Account;
beforeAll(async () => {
  server = await startStashServer({ requestsPerMinute: 100_000 });
  account = seedAccount(server.store, {
    ...{ environment: "ci", type: "testing", variables: matrixVariables },
    ...inject("keys"),
  });
});
afterAll(() => server.close());

const credentials = () => ({
  SECRET_STASH_API_URL: server.url,
  SECRET_STASH_API_TOKEN: account.apiToken,
  SECRET_STASH_APPLICATION_ID: account.applicationId,
  SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${inject("keys").grantKeys.privateKey}`,
});

// All scripts in all shells under all wrappers: npm run chaos.
test.each(sampleCells().map((cell) => ({ ...cell, name: cell.script.name })))(
  "$name, in $shell under $form",
  async (cell) => {
    expect(await compare(cell, credentials())).toEqual([]);
  },
);

test("negative control: a job that ends in another way, or prints something else, is told apart", async () => {
  const [first] = sampleCells();
  if (first === undefined) return;
  // Its own descriptors are what the component replaces.
  const script = { name: "control", lines: ['if [ -n "${SS_DIR-}" ]; then echo x; exit 9; fi; echo y'] };
  const differences = await compare({ ...first, script }, credentials());
  expect(differences.join()).toMatch(/status 9 instead of 0,output/);
});

test("no script has the name of another", () => {
  expect(new Set(scripts.map(({ name }) => name)).size).toBe(scripts.length);
});
