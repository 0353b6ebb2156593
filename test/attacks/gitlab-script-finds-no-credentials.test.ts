import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { packBundle, sha256 } from "../build/package.ts";
import { runGitLabJob } from "../gitlab/job.ts";
import { actionRoot } from "../runner/job.ts";
import { startSession } from "../support/session.ts";

// Attack 5: the redactor lives while the script runs, and after_script started whatever the script had written down.

const shells = ["bash", "dash"].filter((shell) => spawnSync(shell, ["-c", ":"]).error === undefined);

/** Prints which processes of this job show the token or the grant key in their environment. */
const look = (token: string) => `
  for p in /proc/[0-9]*; do
    shown=$(tr '\\0' '\\n' <"$p/environ" 2>/dev/null) || continue
    command=$(tr '\\0' ' ' <"$p/cmdline" 2>/dev/null) || continue
    case $command in *"$SECRET_STASH_SESSION_DIR"*) ;; *) continue ;; esac
    echo "looked at $command"
    case $shown in *${token}* | *'PRIVATE KEY'*) echo "found in $command" ;; esac
  done`;

test.each(shells)("in %s, no process of ours shows them, and both are masked", async (shell) => {
  const session = await startSession();
  const seen = join(session.job.workspace, "seen");
  const { log } = await runJob(session, shell, [
    "sleep 0.5",
    `(${look(session.account.apiToken)}) >${seen}`,
    `echo "the token is ${session.account.apiToken}"`,
  ]);
  expect(log).toContain("the token is ***");
  expect(readFileSync(seen, "utf8")).toContain("looked at node");
  expect(readFileSync(seen, "utf8")).not.toContain("found");
});

test.each(shells)(
  "in %s, a path that the script writes down is not started by after_script",
  async (shell) => {
    const session = await startSession();
    const evil = join(session.job.workspace, "evil");
    const { afterLog } = await runJob(session, shell, [
      `mkdir ${evil}`,
      `printf '%s\\n' 'require("fs").writeFileSync("${evil}/got", JSON.stringify(process.env) + require("fs").readFileSync(0))' >${evil}/index.js`,
      `echo ${evil}/index.js >"$SECRET_STASH_SESSION_DIR/bundle-path"`,
    ]);
    expect(existsSync(join(evil, "got"))).toBe(false);
    expect(afterLog).toContain("the temporary key is gone");
  },
);

test.each(shells)("in %s, a bundle that the script changed gets no token", async (shell) => {
  const session = await startSession();
  const bundle = mkdtempSync(join(tmpdir(), "bundle-"));
  onTestFinished(() => rmSync(bundle, { recursive: true, force: true }));
  cpSync(join(actionRoot, "dist"), bundle, { recursive: true });
  const got = join(session.job.workspace, "got");
  const evil = `import { readFileSync, writeFileSync } from "node:fs"; writeFileSync("${got}", JSON.stringify(process.env) + readFileSync(0));`;
  const { afterLog } = await runJob(session, shell, [`echo '${evil}' >${bundle}/index.js`], {
    "bundle-path": bundle,
  });
  expect(afterLog).toContain("the bundle is not the one of this version");
  expect(readFileSync(got, "utf8")).not.toContain(session.account.apiToken);
  expect(readFileSync(got, "utf8")).not.toContain("PRIVATE KEY");
});

test.each(shells)(
  "in %s, what the script wrote to GITLAB_ENV neither starts another node nor turns anything off",
  async (shell) => {
    const session = await startSession();
    const { workspace } = session.job;
    const got = join(workspace, "got");
    const plant = [
      `mkdir ${workspace}/b; printf '#!/bin/sh\\ncat >>${got}\\n' >${workspace}/b/node; chmod +x ${workspace}/b/node`,
      `echo "PATH=${workspace}/b:$PATH" >>"$GITLAB_ENV"`,
      ...(shell === "bash" ? [] : [`echo "GITLAB_ENV=/dev/null" >>"$GITLAB_ENV"`]),
    ];
    const first = await runJob(session, shell, plant);
    expect(first.afterLog).toContain("the script changed the environment (PATH), so it gets no token");
    expect(readFileSync(got, "utf8")).not.toContain(session.account.apiToken);
    expect(first.left).toEqual([]);

    const switches = [
      'echo "SECRET_STASH_REVOKE=false" >>"$GITLAB_ENV"; echo "SECRET_STASH_LEAK_CHECK=off" >>"$GITLAB_ENV"',
      'echo "$API_KEY" >leak',
    ];
    const second = await runJob(session, shell, switches);
    expect(second.afterLog).toContain("Leak: leak:1:1");
    expect(second.afterLog).toContain("the temporary key is gone");
  },
);

// What a line of GITLAB_ENV, or the file itself, can do to the shell in which after_script runs.
test.each([
  ["a blank before PATH, which the runner drops", "  PATH=$W/b:$PATH"],
  ["IFS, by which the runner would drop more", "IFS=x\nxPATH=$W/b:$PATH"],
  ["a name that no shell takes", "9PATH=x"],
])("%s: nothing of the script's gets the token", async (_, lines) => {
  for (const shell of shells) {
    const session = await startSession();
    const { workspace } = session.job;
    const { afterLog } = await runJob(session, shell, [
      plantNode(workspace),
      `W=${workspace}; printf '${lines.replaceAll("$W", "%s").replaceAll("$PATH", "%s")}\\n' ${lines.includes("$W") ? '"$W" "$PATH"' : ""} >>"$GITLAB_ENV"`,
    ]);
    expect(readGot(workspace)).not.toContain(session.account.apiToken);
    expect(afterLog).not.toContain("the temporary key is gone");
  }
});

test.each(shells)("in %s, a link in the place of GITLAB_ENV: no token", async (shell) => {
  const session = await startSession();
  const { workspace } = session.job;
  const { afterLog } = await runJob(session, shell, [
    plantNode(workspace),
    `echo "PATH=${workspace}/b:$PATH" >${workspace}/other; ln -sf ${workspace}/other "$GITLAB_ENV"`,
  ]);
  expect(readGot(workspace)).not.toContain(session.account.apiToken);
  expect(afterLog).toContain("so it gets no token");
});

test.each(shells)("in %s, tar does nothing that the environment tells it", async (shell) => {
  const session = await startSession();
  const { workspace } = session.job;
  const archive = packBundle(join(actionRoot, "dist"));
  const registry = createServer((__, response) => void response.end(archive)).listen(0, "127.0.0.1");
  await once(registry, "listening");
  onTestFinished(() => void registry.close());
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/bundle.tar.gz`;
  const { afterLog } = await runJob(
    session,
    shell,
    [`echo 'TAR_OPTIONS=--to-command="touch ${workspace}/ran"' >>"$GITLAB_ENV"`],
    { "bundle-path": "", "bundle-url": url, "bundle-sha256": sha256(archive) },
  );
  expect(existsSync(join(workspace, "ran"))).toBe(false);
  expect(afterLog).toContain("so it gets no token");
});

test.each(shells)(
  "in %s, no variable of the script's takes the token into the environment",
  async (shell) => {
    const session = await startSession();
    const { workspace } = session.job;
    // A program that both the component and its end start, and that keeps its environment.
    const bin = join(workspace, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "uname"), `#!/bin/sh\nenv >>${workspace}/got\n`, { mode: 0o755 });
    const environment = { PATH: `${bin}:${process.env.PATH}` };
    await runJob(session, shell, [`echo ss_token=x >>"$GITLAB_ENV"; : >${workspace}/got`], {}, environment);
    expect(readGot(workspace)).toContain("CI_JOB_ID=");
    expect(readGot(workspace)).not.toContain(session.account.apiToken);
  },
);

/** A program called node that keeps what it is given, and says that it is new enough. */
function plantNode(workspace: string): string {
  return `mkdir ${workspace}/b; printf '#!/bin/sh\\n[ "$1" = --version ] && echo v24.21.0 && exit\\ncat >>${workspace}/got\\n' >${workspace}/b/node; chmod +x ${workspace}/b/node`;
}

function readGot(workspace: string): string {
  const path = join(workspace, "got");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function runJob(
  { server, account }: Awaited<ReturnType<typeof startSession>>,
  shell: string,
  script: string[],
  inputs: Record<string, string> = {},
  environment: Record<string, string> = {},
) {
  return runGitLabJob({
    ...{ shell, form: "sub19" as const, script },
    inputs: { environment: account.environment, ...inputs },
    environment: {
      SECRET_STASH_API_URL: server.url,
      SECRET_STASH_API_TOKEN: account.apiToken,
      SECRET_STASH_APPLICATION_ID: account.applicationId,
      SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${inject("keys").grantKeys.privateKey}`,
      ...environment,
    },
  });
}
