import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { forwardTo, hasOpenssl, startTlsServer, opensslTitle as title } from "../support/certificate.ts";
import { failingMain, startSession } from "../support/session.ts";

test.skipIf(!hasOpenssl)(
  `NODE_TLS_REJECT_UNAUTHORIZED=0 does not make us trust a stranger${title}`,
  async () => {
    const { url, tokens } = await startStranger();
    const session = await startSession();
    const message = await failingMain(session, { "api-url": url }, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(message).toMatch(
      /cannot be reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. .*\[SERVICE_UNREACHABLE\]\n/,
    );
    expect(tokens).toEqual([]);
  },
);

test.skipIf(!hasOpenssl)(`control: with NODE_EXTRA_CA_CERTS the same server is trusted${title}`, async () => {
  const { url, tokens, certificate } = await startStranger();
  const session = await startSession();
  expect(await failingMain(session, { "api-url": url }, { NODE_EXTRA_CA_CERTS: certificate })).toMatch(
    /\[TOKEN_REFUSED\]\n/,
  );
  expect(new Set(tokens)).toEqual(new Set([`Bearer ${session.account.apiToken}`]));
});

test("a malformed proxy is named, and nothing is sent around it", async () => {
  const session = await startSession();
  const inputs = { "api-url": "https://stash.test" };
  expect(await failingMain(session, inputs, { HTTPS_PROXY: "http://proxy.example.test:99999" })).toMatch(
    /^The proxy settings in the environment cannot be used.* \[PROXY_INVALID\]\n/,
  );
  expect(session.requests).toEqual([]);
});

test.skipIf(!hasOpenssl)(
  `ca-file vouches for it as well, in post too, and a wrong one is named${title}`,
  async () => {
    const session = await startSession();
    const { url, certificate } = await startTlsServer(forwardTo(session.server.url));
    const step = session.step({ "api-url": url, "ca-file": certificate });
    expect(await step.main()).toBe(0);
    expect(await step.post()).toBe(0);
    expect(session.server.store.listKeys()).toHaveLength(2);

    expect(await failingMain(await startSession(), { "api-url": url })).toMatch(
      /\(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Its certificate is not trusted\. .* set ca-file to its certificate\. \[SERVICE_UNREACHABLE\]\n/,
    );
    const other = await startSession();
    writeFileSync(join(other.job.workspace, "no.pem"), "-----BEGIN nothing");
    expect(await failingMain(other, { "ca-file": "no.pem" })).toMatch(
      /^ca-file .*no\.pem cannot be used .*\[CA_FILE_UNREADABLE\]\n/,
    );
    expect(await failingMain(await startSession(), { "ca-file": "absent.pem" })).toMatch(
      /\(ENOENT\).*\[CA_FILE_UNREADABLE\]\n/,
    );
  },
);

test.skipIf(!hasOpenssl)(`TLS 1.1 is refused, whatever NODE_OPTIONS say${title}`, async () => {
  const session = await startSession();
  const old = {
    minVersion: "TLSv1" as const,
    maxVersion: "TLSv1.1" as const,
    ciphers: "DEFAULT:@SECLEVEL=0",
  };
  const { url, certificate } = await startTlsServer(forwardTo(session.server.url), old);
  const lax = { NODE_OPTIONS: "--tls-min-v1.0 --tls-cipher-list=DEFAULT:@SECLEVEL=0" };
  const message = await failingMain(session, { "api-url": url, "ca-file": certificate }, lax);
  expect(message).toMatch(/\[SERVICE_UNREACHABLE\]\n/);
  expect(session.requests).toEqual([]);
});

/** An https server with a self-signed certificate, which refuses every token. */
async function startStranger(): Promise<{ url: string; tokens: string[]; certificate: string }> {
  const tokens: string[] = [];
  const server = await startTlsServer((incoming, response) => {
    tokens.push(incoming.headers.authorization ?? "");
    response.writeHead(401, { "Content-Type": "application/json" }).end("{}");
  });
  return { ...server, tokens };
}
