import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { forwardTo, hasOpenssl, startTlsServer } from "../support/certificate.ts";
import { failingMain, startSession } from "../support/session.ts";

const hasTinyproxy = spawnSync("tinyproxy", ["-v"]).status === 0;
const missing = [!hasTinyproxy && "tinyproxy", !hasOpenssl && "openssl"].filter(Boolean);
const title =
  missing.length === 0 ? "tinyproxy" : `tinyproxy (missing: apt-get install ${missing.join(" ")})`;

describe.skipIf(missing.length > 0)(title, () => {
  test("https goes through CONNECT with the proxy's credentials, and the proxy sees no token", async () => {
    const session = await startSession();
    const { url, certificate } = await startTlsServer(forwardTo(session.server.url));
    const proxy = await startTinyproxy();
    const step = session.step({ "api-url": url, "ca-file": certificate }, { https_proxy: proxy.url });
    expect(await step.main()).toBe(0);
    expect(await step.post()).toBe(0);
    expect(proxy.log()).toMatch(/Request .*CONNECT localhost:\d+ HTTP\/1\.1/);
    expect(proxy.log()).not.toContain(session.account.apiToken);
    expect(session.server.store.listKeys()).toHaveLength(2);
  });

  test("without its credentials it refuses, and the error names no password", async () => {
    const session = await startSession();
    const { url, certificate } = await startTlsServer(forwardTo(session.server.url));
    const proxy = await startTinyproxy();
    const wrong = proxy.url.replace("pass-w0rd", "wrong-w0rd");
    const message = await failingMain(
      session,
      { "api-url": url, "ca-file": certificate },
      { HTTPS_PROXY: wrong },
    );
    expect(message).toMatch(/cannot be reached .*\[SERVICE_UNREACHABLE\]\n/);
    expect(session.job.log.raw.join("\n")).not.toContain("wrong-w0rd");
    expect(session.requests).toEqual([]);
  });

  test.each([
    ["localhost", true],
    ["LOCALHOST", true],
    [".host, localhost", true],
    ["localhost:PORT", true],
    ["*", true],
    ["localhost:1", false],
    ["example.test", false],
  ])("NO_PROXY=%s", async (value, isDirect) => {
    const session = await startSession();
    const { url, certificate } = await startTlsServer(forwardTo(session.server.url));
    const proxy = await startTinyproxy();
    const no_proxy = value.replace("PORT", new URL(url).port);
    const environment = { HTTPS_PROXY: proxy.url, NO_PROXY: no_proxy };
    expect(await session.step({ "api-url": url, "ca-file": certificate }, environment).main()).toBe(0);
    expect(/Request .*CONNECT localhost/.test(proxy.log())).toBe(!isDirect);
  });
});

/** A proxy as companies run it, with a user and a password. */
async function startTinyproxy(): Promise<{ url: string; log: () => string }> {
  const folder = mkdtempSync(join(tmpdir(), "tinyproxy-"));
  const port = await freePort();
  const [configuration, log] = [join(folder, "tinyproxy.conf"), join(folder, "log")];
  const settings = [
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
