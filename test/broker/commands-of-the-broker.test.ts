import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { parseConfig } from "../../src/broker/policy/config.ts";
import { deviceKeyOf } from "../../src/crypto/device-key.ts";
import { gitHubClaims } from "../oidc-issuer/issuer.ts";
import { actionRoot } from "../runner/job.ts";
import { askForGrant, boundAudience, startBrokerFor } from "../support/broker.ts";
import { coverageEnvironment } from "../support/coverage.ts";
import { startSession } from "../support/session.ts";

function run(args: string[], environment: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env.PATH ?? "", ...coverageEnvironment, ...environment };
    execFile(
      process.execPath,
      [join(actionRoot, "dist/index.js"), "broker", ...args],
      { env },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "broker-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("check", () => {
  const policy = `version: 1
audience: https://broker.acme.example
service: { api-token-file: /run/token, key-dir: /run/key }
store: sqlite:/var/lib/broker.db
issuers:
  github: { type: github, url: https://token.actions.githubusercontent.com }
rules:
  - name: deploy
    issuer: github
    when: { repository_id: "74", ref: refs/heads/main }
    grant: { application: app_1, environments: [production], variables: DB_* }
`;
  const files = (claims: object) => {
    const path = folder();
    writeFileSync(join(path, "broker.yaml"), policy);
    writeFileSync(join(path, "claims.json"), JSON.stringify(claims));
    return ["--policy", join(path, "broker.yaml"), "--claims", join(path, "claims.json")];
  };
  const claims = gitHubClaims(1, "x");

  test("explains every rule, claim by claim, and ends with 0 if the job is granted something", async () => {
    const { code, stdout } = await run(["check", ...files(claims)]);
    expect(code).toBe(0);
    expect(stdout).toContain("deploy: matches, and grants production of app_1, only DB_*");
    expect(stdout).toContain('  yes ref: "refs/heads/main", wanted "refs/heads/main"');
  });

  test("ends with 4 if it is not, or not what is named", async () => {
    const refused = await run(["check", ...files({ ...claims, ref: "refs/heads/x" })]);
    expect(refused.code).toBe(4);
    expect(refused.stdout).toContain('  no  ref: "refs/heads/x", wanted "refs/heads/main"');
    const other = await run(["check", ...files(claims), "--environment", "staging"]);
    expect(other).toMatchObject({ code: 4, stdout: expect.stringContaining('No rule grants "staging"') });
    const named = await run(["check", ...files(claims), "--environment", "app_1/production"]);
    expect(named).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("app_1/production is granted by deploy"),
    });
  });

  test("takes a token, whose text it does not print, and a policy alone", async () => {
    const path = folder();
    writeFileSync(join(path, "broker.yaml"), policy);
    const token = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
    writeFileSync(join(path, "token"), token);
    const both = await run(["check", "--policy", join(path, "broker.yaml"), "--token", join(path, "token")]);
    expect(both.code).toBe(0);
    expect(both.stdout + both.stderr).not.toContain(token.split(".")[1]);
    expect((await run(["check", "--policy", join(path, "broker.yaml")])).code).toBe(0);
    writeFileSync(join(path, "broker.yaml"), policy.replace("ref:", "reff:"));
    const wrong = await run(["check", "--policy", join(path, "broker.yaml")]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/:10:\d+: rule deploy: tokens of github have no claim reff/),
    });
  });

  test("needs to know whose claims they are", async () => {
    const { code, stderr } = await run(["check", ...files({ ...claims, iss: "https://x" })]);
    expect(code).toBe(2);
    expect(stderr).toContain("--issuer");
    expect((await run(["check", ...files({ ...claims, iss: "https://x" }), "--issuer", "github"])).code).toBe(
      0,
    );
  });
});

describe("init", () => {
  const flags = (directory: string, url: string) => [
    ...["init", "--dir", directory, "--audience", "https://broker.acme.example", "--api-url", url],
    ...["--application-id", "app_1", "--environment", "production", "--project-id", "74"],
  ];

  test("makes a key of its own, registers it, writes a policy, and says how the key gets access", async () => {
    const session = await startSession();
    const directory = join(folder(), "broker");
    const environment = { SECRET_STASH_API_TOKEN: session.account.apiToken };
    const { code, stdout, stderr } = await run(flags(directory, session.server.url), environment);
    expect([code, stderr]).toEqual([0, ""]);
    const pem = readFileSync(join(directory, "key/device_private_key.pem"), "utf8");
    const device = JSON.parse(readFileSync(join(directory, "key/device.json"), "utf8"));
    const registered = session.server.store.findKey(device.device_key_id);
    expect(registered).toMatchObject({
      public_key: deviceKeyOf(pem).publicKeyPem,
      expires_at: null,
      key_type: "device",
    });
    for (const file of ["key/device_private_key.pem", "key/device.json", "token", "broker.yaml"]) {
      expect(statSync(join(directory, file)).mode & 0o777, file).toBe(0o600);
    }
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const text = readFileSync(join(directory, "broker.yaml"), "utf8");
    const { rules, audience } = parseConfig(text, "broker.yaml", { insecureTestIssuers: true });
    expect(audience).toBe("https://broker.acme.example");
    expect(rules[0]?.when.get("repository_id")).toEqual(["74"]);
    expect(stdout).toContain("secret-stash envelope rewrap --environment production ");
    expect(stdout + stderr).not.toContain(session.account.apiToken);
    // No DEK is made, and no envelope is written.
    expect(session.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["POST /api/user/keys"]);
  });

  test("touches nothing that is there already, and needs answers and a token", async () => {
    const session = await startSession();
    const environment = { SECRET_STASH_API_TOKEN: session.account.apiToken };
    const there = folder();
    expect((await run(flags(there, session.server.url), environment)).stderr).toContain("exists already");
    const fresh = join(there, "new");
    expect((await run(flags(fresh, session.server.url))).stderr).toContain("There is no token");
    const incomplete = flags(fresh, session.server.url).slice(0, -2);
    expect((await run(incomplete, environment)).stderr).toContain("--project-id is missing");
    const overHttp = await run(flags(fresh, "http://stash.example"), environment);
    expect(overHttp.code).toBe(2);
    expect(overHttp.stderr).toContain(
      "--api-url must be https, because over http others could read the token",
    );
    expect(existsSync(fresh)).toBe(false);
    expect(session.requests).toEqual([]);
  });
});

test("audit filters, and trust prints the lines for the policy", async () => {
  const session = await startSession();
  const { gitHub, broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
    onEnd: onTestFinished,
  });
  const { publicKey } = inject("keys").spareKeys;
  for (const ref of ["refs/heads/main", "refs/heads/x"]) {
    const token = gitHub.gitHubToken(boundAudience(broker.url, publicKey), { ref });
    await askForGrant(broker.url, { token, public_key: publicKey, environments: ["ci"] });
  }
  const config = ["--config", broker.policyFile, "--insecure-test-issuers"];
  const audit = async (...flags: string[]) =>
    (await broker.run("audit", ...config, ...flags)).stdout.split("\n").filter(Boolean);
  expect((await audit()).map((line) => line.split(" ")[1])).toEqual(["refused", "granted"]);
  expect(await audit("--refused")).toHaveLength(1);
  expect(await audit("--repository", "acme/none")).toEqual([]);
  expect(await audit("--rule", "deploy", "--limit", "1")).toHaveLength(1);
  expect(await audit("--since", "1h")).toHaveLength(2);
  expect(await audit("--since", "2001-01-01")).toHaveLength(2);
  expect((await broker.run("audit", ...config, "--since", "soon")).code).toBe(2);
  expect((await audit("--refused"))[0]).toMatch(
    /for refs\/heads\/x run 1 from 127\.0\.0\.1 request [0-9a-f-]{36}: /,
  );

  const { stdout } = await broker.run("trust", ...config);
  expect(stdout).toMatch(new RegExp(`^pins:\n  "${session.account.applicationId}/ci": [0-9a-f]{64}\n$`));
  const policy = readFileSync(broker.policyFile, "utf8").replace("rules:", `${stdout}rules:`);
  expect(parseConfig(policy, "broker.yaml", { insecureTestIssuers: true }).pins).toHaveProperty("size", 1);
});

test("an unknown command, and no command, say what there is", async () => {
  expect(await run(["serv"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("There is no command broker serv. Did you mean serve?"),
  });
  expect(await run([])).toMatchObject({ code: 0, stdout: expect.stringContaining("broker audit") });
  for (const name of ["init", "serve", "check", "audit", "trust"]) {
    expect(await run([name, "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`broker ${name}`),
    });
  }
  expect((await run(["serve", "--colour"])).code).toBe(2);
});
