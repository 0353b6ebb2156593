import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { forwardTo, hasOpenssl, STASH_HOST, startTlsServer } from "../support/certificate.ts";
import { startProxy } from "../support/proxy.ts";
import { failingMain, type Session, startSession } from "../support/session.ts";

const hasTinyproxy = spawnSync("tinyproxy", ["-v"]).status === 0;
const missing = [!hasTinyproxy && "tinyproxy", !hasOpenssl && "openssl"].filter(Boolean);
const title =
  missing.length === 0 ? "tinyproxy" : `tinyproxy (missing: apt-get install ${missing.join(" ")})`;

describe.skipIf(missing.length > 0)(title, () => {
  test("https goes through CONNECT with the proxy's credentials, and the proxy sees no token", async () => {
    const session = await startSession();
    const inputs = await startStash(session);
    const proxy = await startTinyproxy();
    const step = session.step(inputs, { https_proxy: proxy.url });
    expect(await step.main()).toBe(0);
    expect(await step.post()).toBe(0);
    expect(proxy.log()).toMatch(/Request .*CONNECT stash\.test:\d+ HTTP\/1\.1/);
    expect(proxy.log()).not.toContain(session.account.apiToken);
    expect(session.server.store.listKeys()).toHaveLength(2);
  });

  test("without its credentials it refuses, and the error names no password", async () => {
    const session = await startSession();
    const inputs = await startStash(session);
    const proxy = await startTinyproxy();
    const wrong = proxy.url.replace("pass-w0rd", "wrong-w0rd");
    const message = await failingMain(session, inputs, { HTTPS_PROXY: wrong });
    expect(message).toMatch(/cannot be reached .*\[SERVICE_UNREACHABLE\]\n/);
    expect(session.job.log.raw.join("\n")).not.toContain("wrong-w0rd");
    expect(session.requests).toEqual([]);
  });

  // What is not led to the proxy reaches nothing, because nothing resolves the host.
  test.each([
    ["stash.test", true],
    ["STASH.TEST", true],
    [".host, stash.test", true],
    [".test", true],
    ["stash.test:PORT", true],
    ["*", true],
    ["stash.test:1", false],
    ["example.test", false],
  ])("NO_PROXY=%s", async (value, isDirect) => {
    const session = await startSession();
    const inputs = await startStash(session);
    const proxy = await startTinyproxy();
    const no_proxy = value.replace("PORT", new URL(inputs["api-url"]).port);
    const environment = { HTTPS_PROXY: proxy.url, NO_PROXY: no_proxy };
    const timeout = isDirect ? "1" : "60";
    expect(await session.step({ ...inputs, timeout }, environment).main()).toBe(isDirect ? 1 : 0);
    expect(/Request .*CONNECT stash/.test(proxy.log())).toBe(!isDirect);
  });
});

async function startStash({ server }: Session): Promise<{ "api-url": string; "ca-file": string }> {
  const { url, certificate } = await startTlsServer(forwardTo(server.url));
  return { "api-url": url.replace("localhost", STASH_HOST), "ca-file": certificate };
}

/** A proxy as companies run it, with a user and a password. */
async function startTinyproxy(): Promise<{ url: string; log: () => string }> {
  const folder = mkdtempSync(join(tmpdir(), "tinyproxy-"));
  const port = await freePort();
  const [configuration, log] = [join(folder, "tinyproxy.conf"), join(folder, "log")];
  const upstream = await startProxy();
  const settings = [
    `Upstream http 127.0.0.1:${upstream.port} "${STASH_HOST}"`,
    `Port ${port}`,
    "Listen 127.0.0.1",
    "BasicAuth user pass-w0rd",
    `LogFile "${log}"`,
    "LogLevel Connect",
  ];
  writeFileSync(configuration, `${settings.join("\n")}\n`);
  const child = spawn("tinyproxy", ["-d", "-c", configuration], { stdio: "ignore" });
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await accepts(port))) await sleep(20);
  return { url: `http://user:pass-w0rd@127.0.0.1:${port}`, log: () => readFileSync(log, "utf8") };
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((told) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      told(true);
    }).on("error", () => told(false));
  });
}
