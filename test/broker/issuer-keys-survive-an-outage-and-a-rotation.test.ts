import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Issuer } from "../../src/broker/policy/config.ts";
import { fetchJson } from "../../src/broker/tokens/capped-fetch.ts";
import { createIssuerKeys } from "../../src/broker/tokens/issuer-keys.ts";
import { newSigningKey, type SigningKey } from "../oidc-issuer/issuer.ts";

const first = newSigningKey("first");
const second = newSigningKey("second");
const jwkOf = ({ kid, publicKey }: SigningKey) => ({
  ...publicKey.export({ format: "jwk" }),
  kid,
  use: "sig",
  alg: "RS256",
});

/** A real issuer, whose answers a test can change. */
async function startIssuer() {
  const issuer = {
    url: "",
    requests: [] as string[],
    keys: [jwkOf(first)] as object[],
    discovery: undefined as object | undefined,
    answer: undefined as RequestListener | undefined,
  };
  const server = createServer((request, response) => {
    issuer.requests.push(request.url ?? "");
    if (issuer.answer) return issuer.answer(request, response);
    const isDiscovery = request.url === "/.well-known/openid-configuration";
    const document = isDiscovery
      ? (issuer.discovery ?? { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` })
      : { keys: issuer.keys };
    response.end(JSON.stringify(document));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  let time = 1000;
  const given: Issuer = { type: "github", url: issuer.url, maxAge: 900, maxLifetime: 86_400 };
  const keys = createIssuerKeys(new Map([["ci", given]]), fetchJson, () => time);
  return { issuer, keys, pass: (seconds: number) => (time += seconds) };
}

test("the keys are found by discovery, once for all who ask at once", async () => {
  const { issuer, keys } = await startIssuer();
  const found = await Promise.all(Array.from({ length: 50 }, () => keys.find("ci", "first")));
  expect(found.every((key) => key.equals(first.publicKey))).toBe(true);
  expect(issuer.requests).toEqual(["/.well-known/openid-configuration", "/keys"]);
});

test("a new key is fetched when a token names it, and a withdrawn one goes with the next refresh", async () => {
  const { issuer, keys, pass } = await startIssuer();
  await keys.find("ci", "first");
  issuer.keys = [jwkOf(second)];
  pass(31);
  expect((await keys.find("ci", "second")).equals(second.publicKey)).toBe(true);
  pass(31);
  await expect(keys.find("ci", "first")).rejects.toMatchObject({ code: "token_invalid" });
});

test("unknown keys cause one fetch in 30 s, whether it succeeds or not", async () => {
  const { issuer, keys, pass } = await startIssuer();
  await keys.find("ci", "first");
  // Only an issuer that has just answered tells a forged key from one that is new.
  const refused = async (first: string) => {
    for (let token = 0; token < 50; token += 1) {
      const code = token === 0 ? first : "issuer_unavailable";
      await expect(keys.find("ci", `forged-${token}`)).rejects.toMatchObject({ code });
    }
  };
  pass(31);
  await refused("token_invalid");
  expect(issuer.requests).toHaveLength(4);
  issuer.answer = (_, response) => response.writeHead(503).end();
  pass(31);
  await refused("issuer_unavailable");
  expect(issuer.requests).toHaveLength(5);
});

test("while the issuer is down, known keys are used for an hour, and no longer", async () => {
  const { issuer, keys, pass } = await startIssuer();
  await keys.find("ci", "first");
  issuer.answer = (_, response) => response.writeHead(503).end("secret words");
  pass(3600);
  await keys.refresh();
  await expect(keys.find("ci", "first")).resolves.toBeDefined();
  pass(1);
  const error = await keys.find("ci", "first").catch((thrown) => thrown);
  expect(error).toMatchObject({
    code: "issuer_unavailable",
    message: expect.stringContaining("the answer was 503"),
  });
  expect(error.message).not.toContain("secret words");
  issuer.answer = undefined;
  pass(31);
  await expect(keys.find("ci", "first")).resolves.toBeDefined();
  expect(keys.ages().get("ci")).toBe(0);
});

describe("not believed", () => {
  test.each<[string, (issuer: Awaited<ReturnType<typeof startIssuer>>["issuer"]) => void, RegExp]>([
    [
      "a discovery document of another issuer",
      (issuer) => (issuer.discovery = { issuer: "https://evil.example", jwks_uri: `${issuer.url}/keys` }),
      /about another issuer/,
    ],
    [
      "keys on another host",
      (issuer) => (issuer.discovery = { issuer: issuer.url, jwks_uri: "https://evil.example/keys" }),
      /on another host/,
    ],
    [
      "a redirect",
      (issuer) => (issuer.answer = (_, response) => response.writeHead(302, { location: "/keys" }).end()),
      /the answer was 302/,
    ],
    [
      "50 MB",
      (issuer) => (issuer.answer = (_, response) => void response.end(Buffer.alloc(50e6, 32))),
      /larger than 256 KiB/,
    ],
    ["HTML", (issuer) => (issuer.answer = (_, response) => void response.end("<html>")), /not JSON/],
    [
      "a thousand keys",
      (issuer) => (issuer.keys = Array.from({ length: 1000 }, () => ({ kty: "RSA", kid: "x" }))),
      /no set of keys/,
    ],
    [
      "a symmetric key",
      (issuer) => (issuer.keys = [{ kty: "oct", kid: "first", k: "c2VjcmV0" }]),
      /no RSA key/,
    ],
    [
      "a short key",
      (issuer) => (issuer.keys = [{ kty: "RSA", kid: "first", n: "AQAB", e: "AQAB" }]),
      /no RSA key/,
    ],
    ["a key with a small exponent", (issuer) => (issuer.keys = [{ ...jwkOf(first), e: "Aw" }]), /no RSA key/],
    [
      "a key for another algorithm",
      (issuer) => (issuer.keys = [{ ...jwkOf(first), alg: "PS256" }]),
      /no RSA key/,
    ],
    [
      "two keys of one name",
      (issuer) => (issuer.keys = [jwkOf(first), { ...jwkOf(second), kid: "first" }]),
      /two keys have one name/,
    ],
    ["a key for encryption", (issuer) => (issuer.keys = [{ ...jwkOf(first), use: "enc" }]), /no RSA key/],
    ["a key without a name", (issuer) => (issuer.keys = [{ ...jwkOf(first), kid: undefined }]), /no RSA key/],
  ])("%s", async (_, change, expected) => {
    const { issuer, keys } = await startIssuer();
    change(issuer);
    await expect(keys.find("ci", "first")).rejects.toMatchObject({
      code: "issuer_unavailable",
      message: expect.stringMatching(expected),
    });
  });
});
