import { expect, test } from "vitest";
import { startProxy } from "../support/proxy.ts";
import { startSession } from "../support/session.ts";

// Attack 10: http is accepted on loopback because it does not leave the machine. Through a proxy, it did, with the token in clear.

test.each(["HTTP_PROXY", "http_proxy"])("%s is not used", async (name) => {
  const session = await startSession();
  const proxy = await startProxy();
  const step = session.step({}, { [name]: proxy.url, HTTPS_PROXY: proxy.url });
  expect(await step.main()).toBe(0);
  expect(await step.post()).toBe(0);
  expect(proxy.targets).toEqual([]);
});
