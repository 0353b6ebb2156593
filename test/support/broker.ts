import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprintOf } from "../../src/crypto/device-key.ts";
import { type OidcIssuer, startIssuer } from "../oidc-issuer/server.ts";
import { actionRoot } from "../runner/job.ts";
import type { Account } from "../stash-server/seed.ts";
import { coverageEnvironment } from "./coverage.ts";

export interface BrokerProcess {
  /** as jobs name it; what tokens have to be for */
  url: string;
  privateUrl: string;
  folder: string;
  policyFile: string;
  /** the lines of the audit log so far */
  rows(): Record<string, unknown>[];
  /** what it said to whoever runs it */
  said(): string;
  child: ChildProcess;
  /** Runs another command of `broker` beside it. */
  run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface BrokerOptions {
  account: Account;
  /** where SecretStash is */
  apiUrl: string;
  /** the broker's own key; it has access */
  key: { id: number; privateKey: string };
  issuers: Record<string, { type: string; url: string }>;
  /** lines below `rules:` */
  rules: string;
  /** other settings, in lines */
  more?: string;
  folder?: string;
  /** a port that is known before; jobs and tokens name it */
  port?: number;
  environment?: Record<string, string>;
}

/** A GitHub rule for the main branch, and a GitLab one, that grant the account's environment. */
export function usualRules({ applicationId, environment }: Account, grant = ""): string {
  const given = `{ application: ${applicationId}, environments: [${environment}]${grant} }`;
  return [
    `  - { name: deploy, issuer: github, when: { repository_id: "74", ref: refs/heads/main }, grant: ${given} }`,
    `  - { name: gl-deploy, issuer: gitlab, when: { project_id: "20", ref_path: refs/heads/main, ref_protected: "true" }, grant: ${given} }`,
  ].join("\n");
}

/** Starts `secret-stash-ci broker serve`, as it is built, on loopback. Its port has to be known before, and another process may take it meanwhile. */
export async function startBroker(options: BrokerOptions): Promise<BrokerProcess> {
  for (;;) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (options.port !== undefined || !String(error).includes("EADDRINUSE")) throw error;
    }
  }
}

async function startOnce(options: BrokerOptions): Promise<BrokerProcess> {
  const { account, apiUrl, key, issuers, rules, more = "" } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "broker-"));
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(join(folder, "key"), { recursive: true });
  writeFileSync(join(folder, "key/device_private_key.pem"), key.privateKey, { mode: 0o600 });
  writeFileSync(join(folder, "key/device.json"), JSON.stringify({ device_key_id: key.id }));
  writeFileSync(join(folder, "token"), account.apiToken, { mode: 0o600 });
  const policyFile = join(folder, "broker.yaml");
  writeFileSync(
    policyFile,
    `version: 1
audience: ${url}
listen: 127.0.0.1:${port}
private: 127.0.0.1:0
service: { api-url: "${apiUrl}", api-token-file: ${folder}/token, key-dir: ${folder}/key }
store: sqlite:${folder}/broker.db
issuers:
${Object.entries(issuers)
  .map(([name, given]) => `  ${name}: ${JSON.stringify(given)}\n`)
  .join("")}${more}${more === "" || more.endsWith("\n") ? "" : "\n"}rules:
${rules}
`,
  );
  const environment = { PATH: process.env.PATH ?? "", ...coverageEnvironment, ...options.environment };
  const start = (...args: string[]) =>
    spawn(process.execPath, [join(actionRoot, "dist/index.js"), "broker", ...args], {
      env: environment,
      stdio: "pipe",
    });
  const child = start("serve", "--config", policyFile, "--insecure-test-issuers");
  const output = collect(child);
  const ended = new Promise<number | null>((done) => child.once("close", done));
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const [, privateUrl] = await until(() => / and on (\S+) for you/.exec(output().stderr) ?? (hasEnded && []));
  if (privateUrl === undefined) throw new Error(`the broker did not start: ${output().stderr}`);
  return {
    ...{ url, privateUrl, folder, policyFile, child },
    // Without what follows the last line: it may be half a row.
    rows: () =>
      output()
        .stdout.split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    said: () => output().stderr,
    run: async (...args) => {
      const other = start(...args);
      const text = collect(other);
      const code = await new Promise<number>((done) => other.once("close", (status) => done(status ?? 1)));
      return { code, ...text() };
    },
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

export interface BrokerSetup {
  issuer: OidcIssuer;
  broker: BrokerProcess;
}

/** An issuer that stands in for GitHub, another for GitLab, and a broker that knows both. */
export async function startBrokerFor(
  session: { account: Account; server: { url: string } },
  key: string,
  { onEnd, ...changes }: Partial<BrokerOptions> & { onEnd: (work: () => Promise<void>) => void },
): Promise<{ gitHub: OidcIssuer; gitLab: OidcIssuer; broker: BrokerProcess }> {
  const [gitHub, gitLab] = await Promise.all([startIssuer(), startIssuer()]);
  const { account } = session;
  const broker = await startBroker({
    account,
    apiUrl: session.server.url,
    key: { id: account.grantKeyId ?? 0, privateKey: key },
    issuers: { github: { type: "github", url: gitHub.url }, gitlab: { type: "gitlab", url: gitLab.url } },
    rules: usualRules(account),
    ...changes,
  });
  onEnd(async () => {
    await broker.stop("SIGKILL");
    await Promise.all([gitHub.close(), gitLab.close()]);
    rmSync(broker.folder, { recursive: true, force: true });
  });
  return { gitHub, gitLab, broker };
}

/** A request for a grant, as a job sends it. */
export function askForGrant(
  url: string,
  body: object | string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  return fetch(`${url}/v1/grants`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  }).then(async (response) => {
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
  });
}

/** The audience of a token that is bound to this key. */
export function boundAudience(url: string, publicKeyPem: string): string {
  return `${url}/sha256/${fingerprintOf(publicKeyPem)}`;
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  const texts = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
  return () => texts;
}

/** Polls, however long it takes. */
export async function until<Found>(
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
): Promise<Found> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((soon) => setTimeout(soon, 20));
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
