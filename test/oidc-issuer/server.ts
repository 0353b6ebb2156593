import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gitHubClaims, gitLabClaims, newSigningKey, type SigningKey, signToken } from "./issuer.ts";

/** A fault of the token endpoint of GitHub, for one request. */
export type Fault =
  | { status: number; body?: string; retryAfter?: string }
  | "hang up"
  | "not JSON"
  | "no value";

export interface OidcIssuer {
  /** what tokens say in `iss` */
  url: string;
  /** the keys that it publishes */
  keys: SigningKey[];
  /** paths that were asked for, with their query */
  requests: string[];
  /** faults of the next requests for a token, one each */
  faults: Fault[];
  /** what a job on GitHub finds in its environment: the address of its tokens, and what it proves itself with */
  gitHubJob(claims?: Record<string, unknown>): Record<string, string>;
  /** A token of a GitHub job for this audience. */
  gitHubToken(audience: string, claims?: Record<string, unknown>): string;
  /** A token of a GitLab job for this audience. */
  gitLabToken(audience: string, claims?: Record<string, unknown>): string;
  close(): Promise<void>;
}

/**
 * Stands in for the issuers of GitHub and GitLab: discovery, published keys, and GitHub's address at which a job asks for its token
 * (docs.github.com, "OpenID Connect reference", "Methods for requesting the OIDC token").
 */
export async function startIssuer(): Promise<OidcIssuer> {
  const keys = [newSigningKey("key-1")];
  const requests: string[] = [];
  const faults: Fault[] = [];
  const jobs = new Map<string, Record<string, unknown>>();
  const now = () => Math.floor(Date.now() / 1000);
  const sign = (claims: Record<string, unknown>) => signToken(keys.at(-1) as SigningKey, claims);
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const { pathname, searchParams } = new URL(request.url ?? "", "http://issuer");
    if (pathname === "/.well-known/openid-configuration") {
      return send(response, 200, { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` });
    }
    if (pathname === "/jwks") {
      return send(response, 200, {
        keys: keys.map(({ kid, publicKey }) => ({
          ...publicKey.export({ format: "jwk" }),
          kid,
          use: "sig",
          alg: "RS256",
        })),
      });
    }
    const claims = jobs.get(bearerOf(request));
    if (pathname !== "/job/idtoken" || claims === undefined)
      return send(response, 401, { message: "Unauthorized" });
    const fault = faults.shift();
    if (fault === "hang up") return void request.socket.destroy();
    if (fault === "not JSON") return void response.end("<html>");
    if (fault === "no value") return send(response, 200, { count: 0 });
    if (fault !== undefined) {
      return void response
        .writeHead(fault.status, fault.retryAfter === undefined ? {} : { "Retry-After": fault.retryAfter })
        .end(fault.body ?? "");
    }
    // GitHub's own audience, if the job names none.
    const audience =
      searchParams.get("audience") ?? `https://github.com/${String(claims.repository_owner ?? "acme")}`;
    return send(response, 200, { count: 1, value: issuer.gitHubToken(audience, claims) });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: OidcIssuer = {
    ...{ url, keys, requests, faults },
    gitHubJob: (claims = {}) => {
      const secret = `job-${randomUUID()}`;
      jobs.set(secret, claims);
      return {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/job/idtoken?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
      };
    },
    gitHubToken: (audience, claims = {}) =>
      sign({ ...gitHubClaims(now(), audience), iss: url, jti: randomUUID(), ...claims }),
    gitLabToken: (audience, claims = {}) =>
      sign({ ...gitLabClaims(now(), audience), iss: url, jti: randomUUID(), ...claims }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return issuer;
}

function bearerOf({ headers }: IncomingMessage): string {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
