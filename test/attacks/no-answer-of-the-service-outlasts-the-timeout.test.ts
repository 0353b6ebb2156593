import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, inject, onTestFinished, test } from "vitest";
import { awaitApproval } from "../../src/access/wait.ts";
import { connect } from "../../src/stash/connect.ts";
import { failingMain, startSession } from "../support/session.ts";

// Found after the 22: answers that end or hang a stage past its timeout, or without a word.

test("a switch of protocols that nobody asked for is an error, and post goes on", async () => {
  const session = await startSession();
  const { url, forward } = await startSwitcher(session.server.url);
  expect(
    await failingMain(
      { ...session, inputs: { ...session.inputs, "api-url": url }, step: session.step },
      { "api-url": url },
    ),
  ).toMatch(/answered with a switch of protocols \(101\).* \[RESPONSE_INVALID\]\n/);
  forward.isOn = true;
  const step = session.step({ "api-url": url });
  expect(await step.main()).toBe(0);
  forward.isOn = false;
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations.at(-1)?.message).toContain(
    "device key 3 is still registered (RESPONSE_INVALID)",
  );
  expect(session.leftInTemp()).toEqual([]);
});

test("a list of a million keys is refused by its length, before any entry is looked at", async () => {
  const session = await startSession({
    answer: ({ method, url }) =>
      method === "GET" && url === "/api/user/keys"
        ? new Response(`{"data":[${"{},".repeat(1_000_000)}{}]}`, {
            headers: { "Content-Type": "application/json" },
          })
        : undefined,
  });
  const key = session.inputs["grant-key"]?.replace(/^\d+:/, "") ?? ""; // without its id, the list is needed
  const message = await failingMain(session, { "grant-key": key });
  expect(message).toMatch(/which has more than 10000 entries\).*\[RESPONSE_INVALID\]\n/);
});

test("a clock of the service that stands still does not make a job wait for ever", async () => {
  const date = new Date().toUTCString();
  let asked = 0;
  const session = await startSession({
    answer: ({ url }) => {
      if (!url.includes("/envelope?")) return undefined;
      asked += 1;
      return Response.json({ data: { envelope: null } }, { headers: { date } });
    },
  });
  const { publicKey, privateKey } = inject("keys").spareKeys;
  const key = { privateKeyPem: privateKey, publicKeyPem: publicKey, fingerprint: "0".repeat(64) };
  const log = { info: () => {}, notice: () => {}, warn: () => {}, debug: () => {} };
  const service = connect(
    { environment: {}, log },
    {
      apiUrl: new URL(session.server.url),
      apiToken: session.inputs["api-token"] ?? "",
      applicationId: session.inputs["application-id"] ?? "",
      timeoutSeconds: 30,
    },
  );
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const device = { ...key, id: 3, label: "job", expiresAt };
  const cancelled = new AbortController().signal;
  const context = { log, cancelled, minutes: 0.01, jobName: undefined, notify: undefined };
  await expect(awaitApproval(service, ["ci"], device, context)).rejects.toMatchObject({
    code: "APPROVAL_TIMED_OUT",
    message: expect.stringMatching(/^Nobody approved the temporary key \(device key 3\) for environment ci /),
  });
  expect(asked).toBeGreaterThan(1); // The service's time alone would have let it wait on.
  service.connection.agent.destroy();
});

/** A service that answers every request with 101, until it is told to pass requests on. */
async function startSwitcher(target: string): Promise<{ url: string; forward: { isOn: boolean } }> {
  const forward = { isOn: false };
  const server = createServer(async (request, response) => {
    if (!forward.isOn) {
      request.socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
      return;
    }
    const body = await new Response(request as unknown as ReadableStream).text();
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? "GET",
      headers: { Authorization: request.headers.authorization ?? "", "Content-Type": "application/json" },
      ...(body !== "" && { body }),
    });
    response.writeHead(answer.status, {
      "Content-Type": "application/json",
      Date: answer.headers.get("date") ?? "",
    });
    response.end(await answer.text());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, forward };
}
