import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputDefaults, inputVariable, variableInputs } from "../../src/inputs/defaults.ts";
import { forwardTo, hasOpenssl, opensslTitle, STASH_HOST, startTlsServer } from "../support/certificate.ts";
import { startProxy } from "../support/proxy.ts";
import { endpoints, failingMain, startSession } from "../support/session.ts";

// Attack 3: an earlier step sets inputs through GITHUB_ENV, and a later one the way that post's request takes.

const fromWithAlone = Object.keys(inputDefaults).filter((name) => !variableInputs.includes(name));

test("a variable of an input's name is an error that names the with: line, and never its value", async () => {
  const session = await startSession();
  const environment = Object.fromEntries(fromWithAlone.map((name) => [inputVariable(name), "planted"]));
  const { "api-url": _, ...inputs } = session.inputs;
  const step = session.job.uses(inputs, environment);
  expect(await step.main()).toBe(1);
  const message = session.job.log.annotations[0]?.message ?? "";
  for (const name of fromWithAlone) {
    // A token for a key broker is GitHub's to give, and not the step's to write.
    const instead =
      name === "id-token" ? ": the action asks GitHub" : `, and write in the step: with: { ${name}: … }`;
    expect(message).toContain(
      `- ${name}: the variable ${inputVariable(name)} is not read on GitHub, because every earlier step can set it. Remove it${instead}`,
    );
  }
  expect(message).toContain("[INPUTS_INVALID]");
  expect(message).not.toContain("planted");
  expect(session.requests).toEqual([]);
});

test("SECRET_STASH_RUN with SECRET_STASH_UNMASKED runs nothing", async () => {
  const session = await startSession();
  await session.job.run(
    `echo 'SECRET_STASH_RUN=touch pwned; echo "$API_KEY" | rev' >> "$GITHUB_ENV"; echo 'SECRET_STASH_UNMASKED=*' >> "$GITHUB_ENV"`,
  );
  await failingMain({ ...session, job: { ...session.job, environment: new Map() } as typeof session.job });
  expect(existsSync(join(session.job.workspace, "pwned"))).toBe(false);
});

test("what with: says wins, and post takes nothing from variables", async () => {
  const session = await startSession();
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await session.job.run(
    'echo "$API_KEY" > leak; echo SECRET_STASH_LEAK_CHECK=off >> "$GITHUB_ENV"; echo SECRET_STASH_REVOKE=false >> "$GITHUB_ENV"',
  );
  expect(await step.post()).toBe(1);
  expect(session.job.log.annotations.at(-1)?.message).toContain("[LEAK_FOUND]");
  expect(endpoints(session).at(-1)).toBe("DELETE /api/user/keys/ID");
});

test.skipIf(!hasOpenssl)(
  `post goes the way that main went, whatever proxy and authorities the environment names by then${opensslTitle}`,
  async () => {
    const session = await startSession();
    const { url, certificate } = await startTlsServer(forwardTo(session.server.url));
    const stranger = await startTlsServer((_, response) => response.end("{}"));
    const [ours, theirs] = [await startProxy(), await startProxy()];
    const environment: Record<string, string> = { HTTPS_PROXY: ours.url };
    const inputs = { "api-url": url.replace("localhost", STASH_HOST), "ca-file": certificate };
    const step = session.step(inputs, environment);
    expect(await step.main()).toBe(0);
    const before = ours.targets.length;
    Object.assign(environment, {
      HTTPS_PROXY: theirs.url,
      NODE_EXTRA_CA_CERTS: stranger.certificate,
      SECRET_STASH_CA_FILE: stranger.certificate,
    });
    expect(await step.post()).toBe(0);
    expect(theirs.targets).toEqual([]);
    expect(ours.targets.length).toBeGreaterThan(before);
    expect(endpoints(session).at(-1)).toBe("DELETE /api/user/keys/ID");
  },
);

test.skipIf(!hasOpenssl)(
  `another certificate in the file of ca-file gets no token${opensslTitle}`,
  async () => {
    const session = await startSession();
    const { url, certificate } = await startTlsServer(forwardTo(session.server.url));
    const stranger = await startTlsServer((_, response) => response.end("{}"));
    const step = session.step({ "api-url": url, "ca-file": certificate });
    expect(await step.main()).toBe(0);
    const { readFileSync } = await import("node:fs");
    writeFileSync(certificate, readFileSync(stranger.certificate));
    expect(await step.post()).toBe(0);
    expect(session.job.log.annotations.at(-1)?.message).toContain(
      "the token was not sent, because ca-file is no longer what it was",
    );
    expect(endpoints(session).filter((line) => line.startsWith("DELETE"))).toEqual([]);
  },
);
