import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPlatform } from "../build/archive.ts";
import { formats, packWithRuntime, sha256 } from "../build/package.ts";
import { runGitLabJob } from "../gitlab/job.ts";
import { actionRoot } from "../runner/job.ts";
import { generateKeys } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";
import { linkPrograms } from "../support/programs.ts";

// `npm run bench:bundle`: what the ways in which the bundle reaches a GitLab job cost it (docs/gitlab-images.md), taking turns, on loopback.

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const platform = ownPlatform();
if (platform === undefined) throw new Error("This needs Linux, and Debian's binutils.");

const folder = mkdtempSync(join(tmpdir(), "bench-bundle-"));
const programs = linkPrograms([]);
const server = await startStashServer({ requestsPerMinute: 1_000_000 });
const archives = new Map<string, Buffer>();
const registry = createServer((request, response) => void response.end(archives.get(request.url ?? "")));
try {
  const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const account = seedAccount(server.store, {
    ...{ environment: "ci", type: "testing", ownerKeys, grantKeys },
    variables: { API_KEY: "sk_live_4eC39HqLyjWDarjtT1zdp7dc" },
  });
  await new Promise<void>((ready) => registry.listen(0, "127.0.0.1", ready));
  const address = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  const tar = packWithRuntime(join(actionRoot, "dist"), platform);
  const unpacked = join(folder, "unpacked");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xf", "-", "-C", unpacked], { input: tar });

  const ways: { name: string; size: number; inputs: Record<string, string>; hasNode: boolean }[] = [
    {
      name: "image with Node, bundle-path",
      size: 0,
      inputs: { "bundle-path": join(actionRoot, "dist") },
      hasNode: true,
    },
    { name: "image without Node, bundle-path", size: 0, inputs: { "bundle-path": unpacked }, hasNode: false },
  ];
  for (const format of ["gz", "zst", "xz"] as const) {
    const archive = formats[format](tar);
    const path = `/bundle.tar.${format}`;
    archives.set(path, archive);
    const inputs = { "bundle-path": "", "bundle-url": address + path, "bundle-sha256": sha256(archive) };
    ways.push({ name: `registry, .tar.${format}`, size: archive.length, inputs, hasNode: false });
    const cached = { ...inputs, "bundle-cache": join(folder, `cache-${format}`) };
    ways.push({ name: `cache, .tar.${format}`, size: archive.length, inputs: cached, hasNode: false });
  }
  const times = new Map(ways.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { name, inputs, hasNode } of ways) {
      const start = performance.now();
      const { code } = await runGitLabJob({
        ...{ shell: "bash", form: "sub19", script: ["true"], inputs: { environment: "ci", ...inputs } },
        environment: {
          ...(!hasNode && { PATH: programs.path }),
          SECRET_STASH_API_URL: server.url,
          SECRET_STASH_API_TOKEN: account.apiToken,
          SECRET_STASH_APPLICATION_ID: account.applicationId,
          SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${grantKeys.privateKey}`,
        },
      });
      if (code !== 0) throw new Error(`${name} failed`);
      if (round > 0) times.get(name)?.push(performance.now() - start); // The first round fills the caches.
    }
  }
  const median = (name: string) =>
    (times.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  const least = median(ways[0]?.name ?? "");
  const lines = ways.map(({ name, size }) => {
    const more = ((median(name) - least) / 1000).toFixed(1);
    return `| ${name} | ${size === 0 ? "" : `${(size / 1e6).toFixed(0)} MB`} | ${(median(name) / 1000).toFixed(1)} s | ${name === ways[0]?.name ? "" : `${more} s`} |`;
  });
  const table = [
    "| way | archive | whole job | more than the first |",
    "| --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
  console.log(table);
  const page = join(actionRoot, "docs/gitlab-images.md");
  const text = readFileSync(page, "utf8");
  writeFileSync(
    page,
    text.replace(/(<!-- begin times -->\n)[\s\S]*(\n<!-- end times -->)/, `$1\n${table}\n$2`),
  );
} finally {
  registry.close();
  await server.close();
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
}
