import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { request as requestTls } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { askForGrant, boundAudience, startBrokerFor } from "../support/broker.ts";
import { hasOpenssl, makeCertificate, opensslTitle } from "../support/certificate.ts";
import { startSession } from "../support/session.ts";

const job = () => inject("keys").spareKeys;

async function start(more = "") {
  const session = await startSession();
  const { gitHub, broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
    onEnd: onTestFinished,
    more,
  });
  const ask = (claims: object = {}) =>
    askForGrant(broker.url, {
      token: gitHub.gitHubToken(boundAudience(broker.url, job().publicKey), { ...claims }),
      ...{ public_key: job().publicKey, environments: ["ci"] },
    });
  const page = async (query = "") => await (await fetch(`${broker.privateUrl}/${query}`)).text();
  return { broker, ask, page };
}

/** The projects in the page's rows, from top to bottom. */
const placesOf = (text: string) =>
  Array.from(text.matchAll(/<span class="place">([^<]*?) ?</g), ([, place]) => place);

test("the page lists grants and refusals, the newest first, each refusal with its reason", async () => {
  const { ask, page } = await start();
  await ask();
  await ask({ ref: "refs/heads/feature", repository: "acme/other" });
  const text = await page();
  expect(placesOf(text)).toEqual(["acme/other", "acme/app"]);
  expect(text).toContain("by rule deploy");
  expect(text).toContain("2 variables");
  expect(text).toMatch(/The nearest rule is deploy: ref is &quot;refs\/heads\/feature&quot;/);
  expect(text).not.toContain("<script");
});

test("it can be filtered by repository, rule and refusal", async () => {
  const { ask, page } = await start();
  await ask();
  await ask({ ref: "refs/heads/feature", repository: "acme/other" });
  expect(placesOf(await page("?repository=acme/other"))).toEqual(["acme/other"]);
  expect(await page("?repository=acme/none")).toContain("Nothing yet.");
  expect(await page("?refused=1")).not.toContain('class="state granted"');
  expect(await page("?rule=gl-deploy")).toContain("Nothing yet.");
  expect(await page("?rule=deploy")).toContain('class="state granted"');
});

test("claims are text, whatever they hold: no markup, no control characters, nothing that reorders what is read", async () => {
  const { ask, page, broker } = await start();
  const hostile = `</ol><script>alert(1)</script>"'\u001b[31m\u202e\u0000\n${"x".repeat(2000)}`;
  await ask({ repository: hostile, actor: hostile, ref: hostile, workflow: "<img src=x onerror=alert(1)>" });
  const text = await page();
  expect(text).not.toMatch(/<script|<img/);
  for (const character of ["\u001b", "\u202e", "\u0000"]) expect(text).not.toContain(character);
  expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(text).toContain("\\u{202e}");
  expect(text.length).toBeLessThan(20_000);
  const response = await fetch(broker.privateUrl);
  expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
  // The log that a person reads has ASCII alone.
  const { stdout } = await broker.run("audit", "--config", broker.policyFile, "--insecure-test-issuers");
  expect(stdout).not.toMatch(/[^\n\x20-\x7e…]/);
  const { stdout: json } = await broker.run(
    "audit",
    "--config",
    broker.policyFile,
    "--insecure-test-issuers",
    "--json",
  );
  expect(json).not.toMatch(/[^\n\x20-\x7e]/);
  expect(JSON.parse(json.split("\n")[0] ?? "").job.repository).toContain("\u202e");
  const reflected = await page(`?repository=${encodeURIComponent('"><script>')}`);
  expect(reflected).not.toContain("<script");
});

test("a name that was made to lead to loopback is not answered", async () => {
  const { broker } = await start();
  const { port } = new URL(broker.privateUrl);
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ port, host: "127.0.0.1", headers: { Host: host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  expect(await statusFor(`127.0.0.1:${port}`)).toBe(200);
  expect(await statusFor(`localhost:${port}`)).toBe(200);
  expect(await statusFor("evil.example")).toBe(421);
  expect(await statusFor(`evil.example:${port}`)).toBe(421);
});

test.skipIf(!hasOpenssl)(
  `off loopback it has TLS and a token, for browsers and for programs${opensslTitle}`,
  async () => {
    const { key, certificate } = makeCertificate();
    const folder = mkdtempSync(join(tmpdir(), "private-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "token"), "page-token\n");
    const more = `tls: { cert-file: ${certificate}, key-file: ${key} }\nprivate-token-file: ${folder}/token\n`;
    const session = await startSession();
    const { broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
      onEnd: onTestFinished,
      more,
    });
    const statusFor = (authorization: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = {
          ...(authorization !== "" && { Authorization: authorization }),
          Host: "stash.test",
        };
        requestTls(broker.privateUrl, { headers, ca: readFileSync(certificate) }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
    expect(await statusFor("")).toBe(401);
    expect(await statusFor("Bearer wrong")).toBe(401);
    expect(await statusFor("Bearer page-token")).toBe(200);
    expect(await statusFor(`Basic ${Buffer.from("me:page-token").toString("base64")}`)).toBe(200);
    expect(await statusFor(`Basic ${Buffer.from("page-token:x").toString("base64")}`)).toBe(401);
  },
);

test("metrics count grants and refusals by code and rule, and say which policy is in force", async () => {
  const { ask, broker } = await start();
  await ask();
  await ask({ ref: "refs/heads/x" });
  const text = await (await fetch(`${broker.privateUrl}/metrics`)).text();
  expect(text).toMatch(/^secret_stash_broker_grant_seconds_count 1$/m);
  expect(text).toMatch(/^secret_stash_broker_refusals_total\{code="policy_refused",rule="deploy"\} 1$/m);
  expect(text).toMatch(/^secret_stash_broker_policy_info\{hash="[0-9a-f]{64}"\} 1$/m);
  expect(text).toMatch(/^secret_stash_broker_issuer_keys_age_seconds\{issuer="github"\} \d/m);
});
