import type { KeyObject } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BrokerError } from "../../src/broker/broker-error.ts";
import type { Issuer } from "../../src/broker/policy/config.ts";
import { type TokenRules, verifyToken } from "../../src/broker/tokens/token.ts";
import {
  gitHubClaims,
  gitLabClaims,
  hmacUnderPublicKey,
  newSigningKey,
  signToken,
  type TokenShape,
} from "../oidc-issuer/issuer.ts";

const NOW = 1_795_000_000;
const BROKER = "https://broker.acme.example";
const FINGERPRINT = "ab".repeat(32);
const BOUND = `${BROKER}/sha256/${FINGERPRINT}`;
const issuers = new Map<string, Issuer>([
  [
    "github",
    { type: "github", url: "https://token.actions.githubusercontent.com", maxAge: 900, maxLifetime: 86_400 },
  ],
  ["gitlab", { type: "gitlab", url: "https://gitlab.com", maxAge: 1200, maxLifetime: 86_400 }],
]);
const keys = { github: newSigningKey("github-1"), gitlab: newSigningKey("gitlab-1") };

const rules = (changes: Partial<TokenRules> = {}): TokenRules => ({
  ...{ issuers, audience: BROKER, keyFingerprint: FINGERPRINT, now: NOW },
  findKey: async (issuer, { kid }): Promise<KeyObject> => {
    const key = keys[issuer as keyof typeof keys];
    if (key.kid !== kid)
      throw new BrokerError(
        "token_invalid",
        "The token is not accepted, because its issuer has no such key (kid).",
      );
    return key.publicKey;
  },
  ...changes,
});
const verify = (token: string, changes?: Partial<TokenRules>) => verifyToken(token, rules(changes));
const gitHub = (changes: Record<string, unknown> = {}, shape?: TokenShape) =>
  signToken(keys.github, { ...gitHubClaims(NOW, BOUND), ...changes }, shape);
const gitLab = (changes: Record<string, unknown> = {}) =>
  signToken(keys.gitlab, { ...gitLabClaims(NOW, BROKER), ...changes });
const without = (claim: string) => ({ [claim]: undefined });

test("a token of GitHub, bound to the key", async () => {
  expect(await verify(gitHub())).toMatchObject({
    issuer: "github",
    id: "example-id-1",
    isBoundToKey: true,
    expiresAt: NOW + 300,
  });
});

test("a token of GitLab, for the broker", async () => {
  expect(await verify(gitLab())).toMatchObject({ issuer: "gitlab", isBoundToKey: false });
});

test("without jti, its id is the hash of what was signed, however the signature is written", async () => {
  const token = gitHub(without("jti"));
  const { id } = await verify(token);
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  await expect(verify(`${token}==`)).resolves.toMatchObject({ id });
});

describe("refused", () => {
  const other = newSigningKey("github-1");
  test.each<[string, () => string, RegExp]>([
    [
      "another issuer",
      () => gitHub({ iss: "https://token.actions.githubusercontent.com/acme" }),
      /its issuer is not one of the policy's/,
    ],
    [
      "an issuer with a slash",
      () => gitHub({ iss: "https://token.actions.githubusercontent.com/" }),
      /its issuer/,
    ],
    [
      "another issuer's signature",
      () => signToken({ ...keys.gitlab, kid: "github-1" }, gitHubClaims(NOW, BOUND)),
      /its signature is not by its issuer/,
    ],
    [
      "a key of the same name",
      () => signToken(other, gitHubClaims(NOW, BOUND)),
      /its signature is not by its issuer/,
    ],
    ["an unknown key", () => gitHub({}, { header: { kid: "x" } }), /no such key/],
    ["no kid", () => gitHub({}, { header: { kid: undefined } }), /which key signed it/],
    [
      "alg none",
      () => gitHub({}, { header: { alg: "none" }, signature: () => Buffer.alloc(0) }),
      /not RS256/,
    ],
    [
      "HMAC under the public key",
      () => gitHub({}, { header: { alg: "HS256" }, signature: hmacUnderPublicKey(keys.github) }),
      /not RS256/,
    ],
    ["another algorithm", () => gitHub({}, { header: { alg: "PS256" } }), /not RS256/],
    ["crit", () => gitHub({}, { header: { crit: ["exp"] } }), /crit/],
    ["b64 false", () => gitHub({}, { header: { b64: false, crit: ["b64"] } }), /crit/],
    ["the broker without the key", () => gitHub({ aud: BROKER }), /that of this broker and of the key/],
    [
      "another key",
      () => gitHub({ aud: `${BROKER}/sha256/${"cd".repeat(32)}` }),
      /and of the key in the request/,
    ],
    [
      "another broker",
      () => gitLab({ aud: "https://broker.evil.example" }),
      /its audience is not this broker/,
    ],
    ["two audiences", () => gitLab({ aud: [BROKER, "https://vault.acme.example"] }), /exactly one audience/],
    ["no audience", () => gitLab(without("aud")), /exactly one audience/],
    ["no exp", () => gitHub(without("exp")), /since when and until when/],
    ["no iat", () => gitHub(without("iat")), /since when and until when/],
    ["exp as text", () => gitHub({ exp: String(NOW + 300) }), /since when and until when/],
    [
      "an infinite exp",
      () =>
        gitHub({}, { payload: JSON.stringify(gitHubClaims(NOW, BOUND)).replace(/"exp":\d+/, '"exp":1e999') }),
      /since when/,
    ],
    ["expired for 31 s", () => gitHub({ exp: NOW - 31 }), /it has expired/],
    ["from 31 s in the future", () => gitHub({ iat: NOW + 31 }), /from the future/],
    ["not valid yet", () => gitHub({ nbf: NOW + 31 }), /not valid yet/],
    ["older than max-age", () => gitHub({ iat: NOW - 931 }), /older than max-age/],
    ["valid for ten years", () => gitHub({ exp: NOW + 315_360_000 }), /longer than max-lifetime/],
    ["larger than 16 KiB", () => gitHub({ actor: "x".repeat(16_384) }), /larger than 16 KiB/],
    [
      "a claim twice",
      () =>
        gitHub(
          {},
          { payload: JSON.stringify(gitHubClaims(NOW, BOUND)).replace("{", '{"repository_id":"75",') },
        ),
      /occurs twice/,
    ],
    [
      "a claim twice, the second time in escapes",
      () =>
        gitHub(
          {},
          {
            payload: JSON.stringify(gitHubClaims(NOW, BOUND)).replace("{", '{"\\u0072epository_id":"75",'),
          },
        ),
      /occurs twice/,
    ],
    [
      "a name twice inside a claim, beside a text that looks like one",
      () =>
        gitHub(
          {},
          {
            payload: JSON.stringify(gitHubClaims(NOW, BOUND)).replace(
              "{",
              '{"x":{"a":"b","c":["x","\\u003ab"],"a":1},',
            ),
          },
        ),
      /occurs twice/,
    ],
    [
      "claims nested a thousand times",
      () =>
        gitHub(
          {},
          {
            payload: JSON.stringify(gitHubClaims(NOW, BOUND)).replace(
              "{",
              `{"x":${"[".repeat(1000)}${"]".repeat(1000)},`,
            ),
          },
        ),
      /nested too deeply/,
    ],
    [
      "keys that the token brings itself",
      () =>
        signToken(other, gitHubClaims(NOW, BOUND), {
          header: {
            jku: "https://evil.example/jwks",
            x5u: "https://evil.example/cert",
            jwk: other.publicKey.export({ format: "jwk" }),
          },
        }),
      /its signature is not by its issuer/,
    ],
    ["nbf as text", () => gitHub({ nbf: String(NOW) }), /not valid yet/],
    ["an audience in a list in a list", () => gitLab({ aud: [[BROKER]] }), /exactly one audience/],
    ["claims that are a list", () => gitHub({}, { payload: "[]" }), /not a JSON object/],
    ["claims that are no JSON", () => gitHub({}, { payload: "{" }), /not JSON/],
    ["no token", () => "", /not JSON/],
    [
      "two parts",
      () => gitHub().split(".").slice(0, 2).join("."),
      /is not a signed token|its header cannot be read|its signature is not/,
    ],
    ["five parts", () => `${gitHub()}.a.b`, /not a signed token/],
  ])("%s", async (name, make, expected) => {
    const error = await verify(make()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ code: codeOf(name), message: expect.stringMatching(expected) });
  });

  /** Whoever reads the code alone has to know whether the address, a clock or the token is wrong. */
  function codeOf(name: string): string {
    if (/audience|another broker|another key|the broker without/.test(name)) return "audience_refused";
    return /expired|future|not valid yet|nbf/.test(name) ? "clock_wrong" : "token_invalid";
  }

  test("negative control: one audience may stand in a list; a token may be as old and live as long as the limits say", async () => {
    await expect(verify(gitLab({ aud: [BROKER] }))).resolves.toBeDefined();
    await expect(verify(gitHub({ iat: NOW - 930 }))).resolves.toBeDefined();
    await expect(verify(gitLab({ exp: NOW + 86_400 }))).resolves.toBeDefined();
    await expect(verify(gitLab({ iat: NOW - 1200 }))).resolves.toBeDefined();
  });

  test.each(["circleci", "buildkite"] as const)(
    "%s could bind the token to the key, so it has to",
    async (type) => {
      const one = new Map<string, Issuer>([
        ["gitlab", { type, url: "https://gitlab.com", maxAge: 900, maxLifetime: 86_400 }],
      ]);
      await expect(verify(gitLab(), { issuers: one })).rejects.toMatchObject({ code: "audience_refused" });
      await expect(verify(gitLab({ aud: BOUND }), { issuers: one })).resolves.toMatchObject({
        isBoundToKey: true,
      });
    },
  );

  test.each(["", 17, "x".repeat(513)])("a jti that is no usable text (%j) is not its id", async (jti) => {
    expect((await verify(gitHub({ jti }))).id).toMatch(/^[0-9a-f]{64}$/);
  });

  test("a token that nobody signed costs no more than a good one, whatever its claims are full of", async () => {
    for (const text of ['\\"'.repeat(6000), "[".repeat(6000), "\\u005b".repeat(2000), "{".repeat(6000)]) {
      const payload = `{"iss":"https://gitlab.com","x":"${text}"}`;
      await expect(verify(signToken(keys.gitlab, {}, { payload }))).rejects.toBeInstanceOf(BrokerError);
      const bare = `{"iss":"https://gitlab.com","x":${text}`;
      await expect(verify(signToken(keys.gitlab, {}, { payload: bare }))).rejects.toBeInstanceOf(BrokerError);
    }
  });

  test.each([29, -29])("negative control: clocks that differ by %i s do not matter", async (skew) => {
    await expect(verify(gitHub(), { now: NOW + skew })).resolves.toBeDefined();
    await expect(verify(gitHub({ exp: NOW + 1 }), { now: NOW + 30 })).resolves.toBeDefined();
  });
});

test("whatever comes in, it is a refusal, and says nothing of the token", async () => {
  const good = gitHub();
  const mutated = fc
    .tuple(fc.nat(good.length - 1), fc.string({ maxLength: 4 }))
    .map(([at, text]) => good.slice(0, at) + text + good.slice(at + 1));
  const claims = fc.dictionary(
    fc.constantFrom("iss", "aud", "exp", "iat", "jti", "nbf", "ref"),
    fc.jsonValue(),
  );
  const inputs = fc.oneof(
    fc.string({ maxLength: 300 }),
    mutated,
    claims.map((some) => gitHub(some)),
    fc.jsonValue().map((value) => gitHub({}, { payload: JSON.stringify(value) ?? "" })),
  );
  await fc.assert(
    fc.asyncProperty(inputs, async (token) => {
      const error = await verify(token).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) return; // what was changed does not matter
      expect(error).toBeInstanceOf(BrokerError);
      const [, payload = ""] = token.split(".");
      if (payload.length > 8) expect((error as BrokerError).message).not.toContain(payload);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 500) },
  );
});
