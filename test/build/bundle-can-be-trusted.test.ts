import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { actionRoot } from "../runner/job.ts";

const dist = join(actionRoot, "dist");
const files = readdirSync(dist);
const programs = files.filter((file) => file.endsWith(".js"));
const bundle = programs.map((file) => readFileSync(join(dist, file), "utf8")).join("\n");
const lock = JSON.parse(readFileSync(join(actionRoot, "package-lock.json"), "utf8"));

/** Production dependencies, direct and indirect. */
const production = Object.entries<{
  dev?: boolean;
  link?: boolean;
  hasInstallScript?: boolean;
  license?: string;
}>(lock.packages).filter(([path, { dev, link }]) => path !== "" && !dev && !link);

test("nothing in it makes code out of text", () => {
  expect(evaluations(bundle)).toEqual([]);
  expect(evaluations('x=eval("1");new Function("a")')).toHaveLength(2); // control
});

test("it names no host but the service's, and documentation", () => {
  const hosts = new Set(
    Array.from(bundle.matchAll(/https?:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi), ([, host]) => host),
  );
  // Hosts that are mentioned and never contacted: by @actions/core's OIDC and summary code, and in comments of dependencies.
  // The issuers of GitHub and GitLab are in the first policy that `broker init` writes.
  const issuers = ["token.actions.githubusercontent.com", "gitlab.com"];
  const mentioned = new Set(["secretstash.cloud", "refused.invalid", ...issuers, ...documented]);
  expect([...hosts].filter((host) => !mentioned.has(host ?? ""))).toEqual([]);
});

const documented = [
  ...["github.com", "docs.github.com", "fetch.spec.whatwg.org", "html.spec.whatwg.org", "nodejs.org"],
  ...[
    "developer.mozilla.org",
    "tools.ietf.org",
    "www.rfc-editor.org",
    "datatracker.ietf.org",
    "w3c.github.io",
  ],
  ...["jimmy.warting.se", "www.w3.org", "httpwg.org", "bugs.chromium.org", "yaml.org", "undici.nodejs.org"],
];

test("it holds no HTTP client but Node's", () => {
  expect(bundle).not.toMatch(/undici|EnvHttpProxyAgent/);
});

test("what a job gets is smaller than 420 kB, and the key broker, which no job loads, than 400 kB", () => {
  const sizeOf = (some: readonly string[]) =>
    some.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0);
  const [ofBroker, ofJobs] = [true, false].map((broker) =>
    files.filter((file) => file.startsWith("broker") === broker),
  );
  expect(sizeOf(ofJobs ?? [])).toBeLessThan(420_000);
  expect(sizeOf(ofBroker ?? [])).toBeLessThan(400_000);
});

test("no stage of a job loads the key broker", () => {
  const loading = programs.filter((file) => readFileSync(join(dist, file), "utf8").includes("./broker.js"));
  expect(loading).toEqual(["bundle.js"]);
  const text = readFileSync(join(dist, "bundle.js"), "utf8");
  expect(text.match(/import\("\.\/broker\.js"\)/g)).toHaveLength(1); // by the command of that name
  expect(text).not.toContain("trusted-proxies");
});

test("no production dependency runs a script when it is installed", () => {
  expect(production.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  expect(production.length).toBeGreaterThan(5);
});

test("everything in it may be passed on", () => {
  const allowed = new Set(["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "PSF-2.0"]);
  expect(production.filter(([, { license = "none" }]) => !allowed.has(license))).toEqual([]);
});

test("examples of workflows pin actions of others by commit, and set permissions", () => {
  const pages = ["README.md", "docs/getting-started.md"].map((page) =>
    readFileSync(join(actionRoot, page), "utf8"),
  );
  const blocks = Array.from(pages.join("\n").matchAll(/```yaml\n(.*?)```/gs), ([, block = ""]) => block);
  const used = blocks.flatMap((block) => Array.from(block.matchAll(/uses: (\S+)/g), ([, name = ""]) => name));
  const others = used.filter((name) => !name.startsWith("org/secret-stash-action"));
  expect(others.length).toBeGreaterThan(0);
  for (const name of others) expect(name).toMatch(/@[0-9a-f]{40}$/);
  const workflows = blocks
    .map((block) => parseYaml(block))
    .filter((parsed) => parsed?.jobs !== undefined && parsed?.on);
  for (const { jobs } of workflows) {
    for (const job of Object.values<{ permissions?: object }>(jobs)) expect(job.permissions).toBeDefined();
  }
});

const isOnline = spawnSync("npm", ["ping"], { stdio: "ignore", timeout: 20_000 }).status === 0;

test.skipIf(!isOnline)(
  `npm audit finds nothing in what is bundled${isOnline ? "" : " (the registry is not reached)"}`,
  () => {
    const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
      cwd: actionRoot,
      encoding: "utf8",
    });
    const { metadata, message } = JSON.parse(stdout || "{}");
    // A registry without an audit endpoint says so, which is not a finding.
    expect(metadata?.vulnerabilities?.total ?? 0, message).toBe(0);
  },
);

test("what stands in dist/ is files that Node reads, and nothing that only a program can", () => {
  expect(programs.sort()).toEqual([
    "broker.js",
    "bundle.js",
    "generate-key.js",
    "index.js",
    "main.js",
    "post.js",
    "pre.js",
    "prepare-key.js",
  ]);
  expect(bundle).not.toMatch(/\.node["']/);
});

function evaluations(code: string): string[] {
  return code.match(/(?<![.\w$])eval\s*\(|new Function\s*\(|(?<![.\w$])Function\s*\(\s*["'`]/g) ?? [];
}
