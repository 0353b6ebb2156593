import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { OidcIssuer } from "../oidc-issuer/server.ts";
import { askForGrant, type BrokerProcess, boundAudience, until } from "../support/broker.ts";

// Requests that nobody sends who means well, for the test and for `npm run chaos`.

export interface FuzzOutcome {
  sent: number;
  /** how many answers had each status */
  statuses: Record<string, number>;
  /** answers that no refusal has, with the request's index */
  wrong: string[];
  /** kB that the broker's process took more than after the first tenth */
  grownKilobytes: number;
}

const AT_ONCE = 16;

/** Sends hostile requests, and counts what comes back. The same seed sends the same requests, but for the tokens' signatures. */
export async function sendHostileRequests(
  broker: BrokerProcess,
  issuer: OidcIssuer,
  publicKey: string,
  { count, seed }: { count: number; seed: number },
): Promise<FuzzOutcome> {
  const good = {
    token: issuer.gitHubToken(boundAudience(broker.url, publicKey), { ref: "refs/heads/x" }), // well made, and not granted
    public_key: publicKey,
    environments: ["ci"],
  };
  // Until the issuer's keys are known, a token would be refused for that alone; and while the requests are made, the issuer does not answer.
  await until(async () => (await askForGrant(broker.url, good)).status === 403);
  const requests = fc.sample(hostileRequest(broker, issuer, good), { numRuns: count, seed });
  const outcome: FuzzOutcome = { sent: 0, statuses: {}, wrong: [], grownKilobytes: 0 };
  let early = 0;
  let next = 0;
  const work = async () => {
    for (let index = next++; index < requests.length; index = next++) {
      const { method, path, headers, body } = requests[index] as HostileRequest;
      const request: RequestInit = { method, headers, ...(body !== undefined && { body }) };
      const answer = await fetch(`${broker.url}${path}`, request).then(
        async (response) => ({ status: response.status, text: await response.text() }),
        (error: unknown) => ({ status: 0, text: String(error) }),
      );
      outcome.sent += 1;
      outcome.statuses[answer.status] = (outcome.statuses[answer.status] ?? 0) + 1;
      // A key that the issuer does not have, as far as anybody can tell now.
      const isUnknownKey = answer.status === 503 && answer.text.includes("issuer_unavailable");
      const isRefusal = (answer.status >= 400 && answer.status < 500) || isUnknownKey;
      const tokenPart = typeof body === "string" ? (/"token":"([^"]{40,})"/.exec(body)?.[1] ?? "") : "";
      const isEchoed = tokenPart !== "" && answer.text.includes(tokenPart);
      if (!isRefusal || isEchoed || !isAnswer(answer.text))
        outcome.wrong.push(`${index}: ${answer.status} ${answer.text.slice(0, 200)}`);
      if (outcome.sent === Math.ceil(count / 10)) early = residentKilobytes(broker);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  outcome.grownKilobytes = residentKilobytes(broker) - early;
  return outcome;
}

interface HostileRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

function hostileRequest(
  broker: BrokerProcess,
  issuer: OidcIssuer,
  good: { token: string; public_key: string; environments: string[] },
): fc.Arbitrary<HostileRequest> {
  const json = { "Content-Type": "application/json" };
  const post = (body: string | Buffer, headers: Record<string, string> = json): HostileRequest => ({
    ...{ method: "POST", path: "/v1/grants", headers, body },
  });
  const text = JSON.stringify(good);
  const cut = fc
    .tuple(fc.nat(text.length - 1), fc.nat(20), fc.string({ maxLength: 6, unit: "binary" }))
    .map(([at, length, put]) => post(text.slice(0, at) + put + text.slice(at + length)));
  const claims = fc.dictionary(
    fc.constantFrom(
      "iss",
      "aud",
      "exp",
      "iat",
      "nbf",
      "jti",
      "ref",
      "repository_id",
      "event_name",
      "job_workflow_ref",
    ),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: "binary" }), fc.double()),
  );
  const audience = boundAudience(broker.url, good.public_key);
  const token = claims.map((some) =>
    post(JSON.stringify({ ...good, token: issuer.gitHubToken(audience, { ref: "refs/heads/x", ...some }) })),
  );
  const member = fc
    .tuple(
      fc.constantFrom("token", "public_key", "environments", "ttl_minutes", "__proto__", "extra"),
      fc.jsonValue(),
    )
    .map(([name, value]) => post(JSON.stringify({ ...good, environments: ["none"], [name]: value })));
  const part = fc.tuple(fc.nat(2), fc.string({ unit: "binary" })).map(([index, put]) =>
    post(
      JSON.stringify({
        ...good,
        token: good.token
          .split(".")
          .map((old, at) => (at === index ? put : old))
          .join("."),
      }),
    ),
  );
  const release = fc.tuple(fc.base64String(), fc.base64String()).map(
    ([id, bearer]): HostileRequest => ({
      ...{ method: "DELETE", path: `/v1/grants/${encodeURIComponent(id || "x")}`, body: undefined },
      headers: { Authorization: `Bearer ${bearer}` },
    }),
  );
  const elsewhere = fc
    .webPath()
    .map((path): HostileRequest => ({ method: "GET", path: `/x${path}`, headers: {}, body: undefined }));
  return fc.oneof(
    { weight: 4, arbitrary: cut },
    { weight: 4, arbitrary: token },
    { weight: 3, arbitrary: member },
    { weight: 3, arbitrary: part },
    { weight: 2, arbitrary: fc.jsonValue().map((value) => post(JSON.stringify(value))) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => post(Buffer.from(bytes))) },
    {
      weight: 1,
      arbitrary: fc
        .string({ maxLength: 40 })
        .map((type) => post(text, { "Content-Type": type.replace(/[^\x20-\x7e]/g, "") || "x" })),
    },
    { weight: 1, arbitrary: release },
    { weight: 1, arbitrary: elsewhere },
  );
}

/** Whether an answer is one of the broker's own, with nothing in it that only a fault would show. */
function isAnswer(text: string): boolean {
  try {
    const { code, message, request_id } = JSON.parse(text);
    return (
      [code, message, request_id].every((part) => typeof part === "string") &&
      !/ {4}at |node_modules/.test(message)
    );
  } catch {
    return false;
  }
}

export function residentKilobytes({ child }: BrokerProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0);
}
