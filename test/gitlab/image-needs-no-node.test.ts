import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { parse } from "yaml";
import { archiveWithRuntime, ownPlatform } from "../build/archive.ts";
import { packBundle, sha256 } from "../build/package.ts";
import { actionRoot } from "../runner/job.ts";
import { type Account, seedAccount } from "../stash-server/seed.ts";
import { type StashServer, startStashServer } from "../stash-server/server.ts";
import { linkOnly, linkPrograms } from "../support/programs.ts";
import { type GitLabJob, runGitLabJob } from "./job.ts";

// An image without Node: the archive brings its own, and everything before it is done with what the image has.

const platform = ownPlatform();
const API_KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const HEADER = "JOB-TOKEN: glcbt-header-secret-1";

describe.skipIf(platform === undefined)(
  "with an archive that has a runtime (needs Debian's binutils)",
  () => {
    let server: StashServer;
    let account: Account;
    let registry: Server;
    let storage: Server;
    let archive: { path: string; sha256: string };
    /** without a runtime, and so quickly unpacked: for what is about the way to the job, whose image has Node then */
    let small: { bytes: Buffer; sha256: string };
    let folder: string;
    const asked: { port: number; url: string; header: string | undefined }[] = [];
    /** arguments of other processes that held the header while the request was on its way */
    const shown: string[] = [];
    const tools = new Map<string, { path: string; remove: () => void }>();

    const answer = (request: IncomingMessage, response: ServerResponse) => {
      const header = request.headers["job-token"] as string | undefined;
      asked.push({ port: request.socket.localPort ?? 0, url: request.url ?? "", header });
      for (const line of commandLines()) if (line.includes("header-secret")) shown.push(line);
      if (request.url?.startsWith("/redirect/")) {
        const to = `http://localhost:${(storage.address() as AddressInfo).port}/stored`;
        response.writeHead(302, { location: to }).end();
      } else if (request.url?.startsWith("/missing")) response.writeHead(404).end("no such package");
      else if (/^.(?:small|stored)/.test(request.url ?? "")) response.writeHead(200).end(small.bytes);
      else response.writeHead(200).end(readFileSync(archive.path));
    };

    beforeAll(async () => {
      server = await startStashServer({ requestsPerMinute: 100_000 });
      const { ownerKeys, grantKeys } = inject("keys");
      account = seedAccount(server.store, {
        ...{ environment: "ci", type: "testing", ownerKeys, grantKeys, variables: { API_KEY } },
      });
      archive = archiveWithRuntime(platform as never);
      const bytes = packBundle(join(actionRoot, "dist"));
      small = { bytes, sha256: sha256(bytes) };
      folder = mkdtempSync(join(tmpdir(), "no-node-"));
      tools.set("node", linkOnly({ node: process.execPath }));
      [registry, storage] = await Promise.all([listen(answer), listen(answer)]);
      const busybox = spawnSync("which", ["busybox"], { encoding: "utf8" }).stdout.trim();
      tools.set("curl", linkPrograms(["wget"]));
      tools.set("wget", linkPrograms(["curl"]));
      tools.set("openssl", linkPrograms(["wget", "sha256sum", "busybox"]));
      tools.set("no downloader", linkPrograms(["curl", "wget"]));
      if (busybox) {
        const applets = spawnSync(busybox, ["--list"], { encoding: "utf8" }).stdout.trim().split("\n");
        tools.set(
          "busybox",
          linkOnly(Object.fromEntries([...applets, "busybox"].map((name) => [name, busybox]))),
        );
      }
    });
    beforeEach(() => {
      asked.length = 0;
      shown.length = 0;
    });
    afterAll(async () => {
      await server.close();
      for (const each of [registry, storage]) each.close();
      rmSync(folder, { recursive: true, force: true });
      for (const { remove } of tools.values()) remove();
    });

    const address = (path: string) => `http://127.0.0.1:${(registry.address() as AddressInfo).port}${path}`;
    const run = (tool: string, inputs: Record<string, string>, more: Partial<GitLabJob> = {}) =>
      runGitLabJob({
        shell: tool === "busybox" ? "busybox" : "bash",
        form: "sub19",
        script: ['echo "the key: $API_KEY"', "command -v node || echo no node"],
        ...more,
        inputs: {
          "bundle-path": "",
          "bundle-url": address("/bundle.tar.gz"),
          "bundle-sha256": archive.sha256,
          ...(inputs.environment === undefined && { environment: "ci" }),
          ...inputs,
        },
        environment: {
          PATH: tools.get(tool)?.path ?? "",
          SECRET_STASH_API_URL: server.url,
          SECRET_STASH_API_TOKEN: account.apiToken,
          SECRET_STASH_APPLICATION_ID: account.applicationId,
          SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${inject("keys").grantKeys.privateKey}`,
          ...more.environment,
        },
      });
    /** In an image that has Node. */
    const runSmall = (tool: string, inputs: Record<string, string>, more: Partial<GitLabJob> = {}) =>
      run(
        tool,
        { "bundle-url": address("/small.tar.gz"), "bundle-sha256": small.sha256, ...inputs },
        {
          script: ['echo "the key: $API_KEY"', "echo no node"],
          ...more,
          environment: { ...more.environment, PATH: `${tools.get(tool)?.path}:${tools.get("node")?.path}` },
        },
      );
    const temporaryKeys = () => server.store.listKeys().filter(({ expires_at }) => expires_at !== null);
    const expectWhole = ({ code, log, afterLog, left }: Awaited<ReturnType<typeof run>>) => {
      expect(`${code}\n${log}\n${afterLog}`).toContain("0\n");
      expect(log).toContain("the key: ***\n");
      expect(log).toContain("no node");
      expect(log).not.toContain(API_KEY);
      expect(afterLog).not.toContain("secret-stash:");
      expect({ left, keys: temporaryKeys() }).toEqual({ left: [], keys: [] });
    };

    test.each(["curl", "wget", "openssl", "busybox"])("%s: pulled, masked, cleaned up", async (tool) => {
      if (!tools.has(tool)) return;
      expectWhole(await run(tool, {}));
      expect(asked).toHaveLength(1);
    });

    test.each(["curl", "wget"])(
      "%s: the header goes to the host of bundle-url alone, and into no list of processes",
      async (tool) => {
        const inputs = {
          "bundle-url": "$REGISTRY/redirect/$SECRET_STASH_ARCH.tar.gz",
          "bundle-header": "JOB-TOKEN: ${TOKEN}",
        };
        const environment = { REGISTRY: address(""), TOKEN: HEADER.split(": ")[1] ?? "" };
        expectWhole(await runSmall(tool, inputs, { environment }));
        expect(asked.map(({ header }) => header)).toEqual([environment.TOKEN, undefined]);
        expect(asked[0]?.url).toBe(`/redirect/${process.arch}.tar.gz`);
        expect(shown).toEqual([]);
      },
    );

    test("busybox's wget, which would show the header, gets none", async () => {
      if (!tools.has("busybox")) return;
      const { code, log } = await run("busybox", { "bundle-header": HEADER });
      expect(code).toBe(1);
      expect(log).toContain("the wget of busybox would show bundle-header in the list of processes");
      expect({ asked, shown }).toEqual({ asked: [], shown: [] });
    });

    test.each([
      ["no downloader", {}, "the image has neither curl nor wget"],
      ["curl", { "bundle-url": "/missing" }, "the answer was 404"],
      ["wget", { "bundle-url": "/missing" }, "the answer was 404"],
      ["curl", { "bundle-url": "http://example.test/x" }, "the address does not begin with https"],
      ["curl", { "bundle-sha256": "0".repeat(64) }, "The SHA-256 of the bundle is not bundle-sha256"],
      ["curl", { "bundle-sha256": "" }, "Set bundle-path, or bundle-url (https) and bundle-sha256."],
      ["curl", { "bundle-header": "nonsense" }, "bundle-header is no header."],
      [
        "curl",
        { environment: "$MY_ENV" },
        "The input environment refers to $MY_ENV, and this job has no such variable",
      ],
      ["curl", { label: "$SECRET_STASH_API_TOKEN" }, "The input label refers to $SECRET_STASH_API_TOKEN"],
    ])("%s, %j: nothing runs, and one line says why", async (tool, inputs, said) => {
      const url =
        "bundle-url" in inputs && inputs["bundle-url"]?.startsWith("/")
          ? address(inputs["bundle-url"])
          : undefined;
      const { code, log, left } = await run(tool, {
        ...inputs,
        ...(url !== undefined && { "bundle-url": url }),
      });
      expect(code).toBe(1);
      expect(log).toContain(said);
      expect(log.match(/secret-stash:/g)).toHaveLength(1);
      expect(log).not.toContain("the key:");
      expect(log).not.toContain(account.apiToken);
      expect(left).toEqual([]);
    });

    test("the archive of another platform, and one without a runtime, are named", async () => {
      const make = (name: string, fill: (path: string) => void) => {
        const path = join(folder, name);
        cpSync(join(actionRoot, "dist"), path, { recursive: true });
        fill(path);
        return path;
      };
      const none = make("no-runtime", () => {});
      const other = make("other", (path) => {
        mkdirSync(join(path, "runtime"));
        writeFileSync(join(path, "runtime/node"), "\u007fELF of another machine", { mode: 0o755 });
      });
      const logs = await Promise.all([none, other].map((path) => run("curl", { "bundle-path": path })));
      expect(logs[0]?.log).toContain("or take the archive of the bundle that brings one");
      expect(logs[1]?.log).toContain("The Node.js of the bundle does not run here");
      expect(logs.map(({ code }) => code)).toEqual([1, 1]);
    });

    test("an input holds the text of a variable, and nothing in it is run", async () => {
      const environment = { WHICH: "ci", EVIL: "$(touch ran)`touch ran`;touch ran" };
      const inputs = {
        environment: "${WHICH}",
        label: 'x $$HOME $EVIL ${EVIL} $(touch ran) $1 ${1} ${WHICH:-y} "$',
      };
      const labels: string[] = [];
      const script = ["ls", 'echo "the key: $API_KEY"', "echo no node"];
      const onStart: GitLabJob["onStart"] = (child) => {
        const timer = setInterval(() => labels.push(...temporaryKeys().map(({ label }) => label)), 20);
        child.once("close", () => clearInterval(timer));
      };
      const result = await runSmall("curl", inputs, { environment, script, onStart });
      expectWhole(result);
      expect(result.log).not.toMatch(/^ran$/m);
      expect([...new Set(labels)]).toEqual([
        `x $HOME ${environment.EVIL} ${environment.EVIL} $(touch ran) $1 \${1} \${WHICH:-y} "$`,
      ]);
    });

    test("bundle-cache: kept, checked before it is used, and never through a link", async () => {
      const cached = join(folder, "cache");
      const inputs = { "bundle-cache": cached };
      expectWhole(await runSmall("curl", inputs));
      expectWhole(await runSmall("curl", inputs));
      expect(asked).toHaveLength(1);
      const [name = ""] = readdirSync(cached);
      writeFileSync(join(cached, name), "another archive");
      const again = await runSmall("curl", inputs);
      expectWhole(again);
      expect(again.log).toContain(
        "the archive in bundle-cache is not the one of bundle-sha256, so it is downloaded again.",
      );
      expect(asked).toHaveLength(2);
      expect(readdirSync(cached)).toEqual([name]);
      // A pull request can put a link there.
      const victim = join(folder, "victim");
      writeFileSync(victim, "precious");
      rmSync(join(cached, name));
      symlinkSync(victim, join(cached, name));
      expectWhole(await runSmall("curl", inputs));
      expect(readFileSync(victim, "utf8")).toBe("precious");
      expect(asked).toHaveLength(3);
    });

    test("a runtime that the script changed gets no token", async () => {
      const bundle = join(folder, "bundle");
      mkdirSync(bundle);
      spawnSync("tar", ["-xzf", archive.path, "-C", bundle]);
      const inputs = { "bundle-path": bundle };
      expectWhole(await run("curl", inputs));
      // It would print what it reads, and so the token.
      const evil = `rm "${bundle}/runtime/node"; printf '#!/bin/sh\\ncat; exit 0\\n' >"${bundle}/runtime/node"; chmod 755 "${bundle}/runtime/node"`;
      const { afterLog, left } = await run("curl", inputs, { script: [evil] });
      expect(afterLog).toContain("so it gets no token");
      expect(afterLog).not.toContain(account.apiToken);
      expect(left).toEqual([]);
      for (const { id } of temporaryKeys()) server.store.deleteKey(id);
    });

    test.each([
      ["circleci/orb.yml", "bash"],
      ["azure-pipelines/steps.yml", "bash"],
      ["jenkins/vars/secretStashExec.groovy", "sh"],
    ])("%s gets the bundle in the same way", async (file, shell) => {
      const [script = ""] = scriptsOf(file);
      const temp = mkdtempSync(join(tmpdir(), "other-system-"));
      const child = spawn(shell, ["-e", "-c", script], {
        env: {
          PATH: tools.get("curl")?.path ?? "",
          TMPDIR: temp,
          HOME: temp,
          ...(file.startsWith("azure") && { TF_BUILD: "True" }),
          SS_BUNDLE: "/nowhere",
          SS_URL: address("/bundle.tar.gz"),
          SS_SHA256: archive.sha256,
          SS_COMMAND: 'echo "the key: $API_KEY"',
          SECRET_STASH_ENVIRONMENT: "ci",
          SECRET_STASH_API_URL: server.url,
          SECRET_STASH_API_TOKEN: account.apiToken,
          SECRET_STASH_APPLICATION_ID: account.applicationId,
          SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${inject("keys").grantKeys.privateKey}`,
        },
      });
      let log = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
      const [status] = await once(child, "close");
      // Azure's pull leaves its session to a step of its own, and has written commands of the agent.
      const isExec = !file.startsWith("azure");
      expect(log).toContain(isExec ? "the key: ***\n" : "##vso[task.setvariable");
      expect(status).toBe(0);
      const left = readdirSync(temp).filter((name) => name.startsWith("secret-stash"));
      rmSync(temp, { recursive: true, force: true });
      expect(left).toHaveLength(isExec ? 0 : 1);
      for (const { id } of temporaryKeys()) server.store.deleteKey(id);
    });

    test("the launcher in the archive finds the Node beside it, through a link", () => {
      const bundle = join(folder, "launcher");
      mkdirSync(bundle);
      spawnSync("tar", ["-xzf", archive.path, "-C", bundle]);
      symlinkSync(join(bundle, "secret-stash-ci"), join(folder, "stash"));
      const { status, stdout } = spawnSync(join(folder, "stash"), ["--help"], {
        env: { PATH: tools.get("curl")?.path ?? "", NODE_OPTIONS: "--nonsense" },
        encoding: "utf8",
      });
      expect(status).toBe(0);
      expect(stdout).toContain("pull");
      expect(existsSync(join(bundle, "runtime/LICENSE"))).toBe(true);
    });
  },
);

/** The scripts in a template of another system, as that system would run them. */
function scriptsOf(file: string): string[] {
  const text = readFileSync(join(actionRoot, "templates", file), "utf8");
  if (file.endsWith(".groovy")) {
    const [, script = ""] = /sh '''([\s\S]*?)'''/.exec(text) ?? [];
    return [script.replaceAll("\\\\", "\\")];
  }
  const parsed = parse(text);
  const steps: { bash?: string; run?: { command: string } }[] = parsed.steps ?? parsed.commands.exec.steps;
  return steps.flatMap(({ bash, run }) => bash ?? run?.command ?? []);
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((ready) => server.listen(0, ready));
  return server;
}

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1");
      } catch {
        return ""; // It has ended.
      }
    });
}
