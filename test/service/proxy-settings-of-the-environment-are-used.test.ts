import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startSession } from "../support/session.ts";

test("HTTP_PROXY is used, and NO_PROXY keeps it out", async () => {
  const session = await startSession();
  const proxy = await startProxy();
  expect(await session.step({}, { HTTP_PROXY: proxy.url }).main()).toBe(0);
  expect(proxy.targets).toHaveLength(4);
  expect(proxy.targets[0]).toContain(`${session.server.url}/api/`);

  const direct = await startSession();
  expect(await direct.step({}, { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" }).main()).toBe(0);
  expect(proxy.targets).toHaveLength(4);
});

/** A forward proxy for http: passes on requests in absolute form (RFC 9112 section 3.2.2), and notes their targets. */
async function startProxy(): Promise<{ url: string; targets: string[] }> {
  const targets: string[] = [];
  const server = http.createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    targets.push(url);
    const onward = http.request(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, targets };
}
