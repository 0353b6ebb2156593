import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { failingMain, startSession } from "./session.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const title = hasOpenssl ? "" : " (openssl is missing: apt-get install openssl)";

test.skipIf(!hasOpenssl)(
  `NODE_TLS_REJECT_UNAUTHORIZED=0 does not make us trust a stranger${title}`,
  async () => {
    const { url, tokens } = await startStranger();
    const session = await startSession();
    const message = await failingMain(session, { "api-url": url }, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(message).toMatch(/cannot be reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. .*\[SERVICE_UNREACHABLE\]$/);
    expect(tokens).toEqual([]);
  },
);

test.skipIf(!hasOpenssl)(`control: with NODE_EXTRA_CA_CERTS the same server is trusted${title}`, async () => {
  const { url, tokens, certificate } = await startStranger();
  const session = await startSession();
  expect(await failingMain(session, { "api-url": url }, { NODE_EXTRA_CA_CERTS: certificate })).toMatch(
    /\[TOKEN_REFUSED\]$/,
  );
  expect(new Set(tokens)).toEqual(new Set([`Bearer ${session.account.apiToken}`]));
});

test("a malformed proxy is named, and nothing is sent around it", async () => {
  const session = await startSession();
  expect(await failingMain(session, {}, { HTTP_PROXY: "http://proxy.example.test:99999" })).toMatch(
    /^The proxy that the environment names cannot be used.* \[PROXY_INVALID\]$/,
  );
  expect(session.requests).toEqual([]);
});

/** An https server with a certificate of its own making, which refuses every token. */
async function startStranger(): Promise<{ url: string; tokens: string[]; certificate: string }> {
  const folder = mkdtempSync(join(tmpdir(), "stranger-"));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"];
  spawnSync("openssl", [
    ...request,
    "-addext",
    "subjectAltName=DNS:localhost",
    "-keyout",
    key,
    "-out",
    certificate,
  ]);
  const tokens: string[] = [];
  const server = https.createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (incoming, response) => {
      tokens.push(incoming.headers.authorization ?? "");
      response.writeHead(401, { "Content-Type": "application/json" }).end("{}");
    },
  );
  await new Promise<void>((listening) => server.listen(0, listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, tokens, certificate };
}
