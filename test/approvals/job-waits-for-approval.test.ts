import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, inject, type TestContext, test } from "vitest";
import { startJob } from "../runner/job.ts";
import { wrapForKey } from "../stash-server/owner.ts";
import { startApprovalSession, waitingFingerprint } from "../support/approver.ts";
import { dekOf } from "../support/grants.ts";
import { endpoints } from "../support/session.ts";

const minute = 60_000;
const place = {
  GITHUB_REPOSITORY: "acme/app",
  GITHUB_WORKFLOW: "deploy",
  GITHUB_RUN_NUMBER: "17",
  GITHUB_RUN_ID: "4242",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REF: "refs/heads/main",
  GITHUB_SHA: "c0ffee",
  GITHUB_ACTOR: "octocat",
  GITHUB_EVENT_NAME: "push",
};

describe.concurrent("grant-wait", () => {
  test("approved: the printed command lets the job go on, and post deletes the key", async ({
    onTestFinished,
  }) => {
    const session = await startApprovalSession({ onTestFinished });
    const { job, server, account } = session;
    const step = session.step({ "grant-wait": "10" }, place);
    const main = step.main();
    const fingerprint = await waitingFingerprint(job);

    const [key] = server.store.listKeys().filter(({ expires_at }) => expires_at !== null);
    expect(key?.label).toBe("CI/CD Temporary Key (acme/app deploy #17)");
    expect(key?.fingerprint.slice(0, 32)).toBe(fingerprint.replaceAll(" ", ""));
    const registration = session.requests.find(
      ({ method, url }) => method === "POST" && url.endsWith("keys"),
    );
    expect(JSON.parse(registration?.body ?? "").metadata).toMatchObject({
      repository: "acme/app",
      ref: "refs/heads/main",
      sha: "c0ffee",
      run_id: "4242",
      run_url: "https://github.com/acme/app/actions/runs/4242",
      actor: "octocat",
      event: "push",
    });
    expect(job.log.annotations).toEqual([
      {
        level: "notice",
        title: "SecretStash",
        message:
          `This job waits up to 10 minutes until somebody approves its temporary key for environment ci of application ${account.applicationId}. ` +
          `Fingerprint: ${fingerprint}`,
      },
    ]);

    // The very line that the log shows.
    const command = job.log.lines.find((line) => line.includes("secret-stash-ci approve")) ?? "";
    const [, , ...flags] = command.trim().split(/ (?=--)/);
    expect(command).toContain(
      `approve --api-url ${server.url}/ --application-id ${account.applicationId} --environment ci`,
    );
    const args = [command.trim().split(/ (?=--)/)[1] ?? "", ...flags].flatMap((flag) => {
      const [name = "", ...value] = flag.split(" ");
      return [name, value.join(" ").replaceAll('"', "")];
    });
    const { stdout, ...rest } = await session.approve(args);
    expect(rest).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`   expires      ${key?.expires_at}\n`);
    expect(stdout).toMatch(
      new RegExp(`\nApproved\\. Device key ${key?.id} has access to environment ci until it expires\\.\n$`),
    );
    expect(await main).toBe(0);
    expect(job.log.lines).toContain("SecretStash: approved for environment ci by Alice.");
    expect(job.environment.get("API_KEY")).toBe("plain-secret-value");
    await job.run('echo "$API_KEY"');
    expect(job.log.lines.at(-1)).toBe("***");
    expect(await step.post()).toBe(0);
    expect(server.store.findKey(key?.id ?? 0)).toBeUndefined();
    expect(session.leftInTemp()).toEqual(["tmp"]);
    const audit = server.store
      .listAudit()
      .map(({ actor, action, subject }) => `${actor} ${action} ${subject}`);
    expect(audit.filter((line) => !line.includes("variables.list"))).toEqual([
      `owner key.register-temporary ${key?.id}`,
      `Alice envelope.read ci/${account.ownerKeyId}`,
      `Alice envelope.read ci/${account.ownerKeyId}`,
      `Alice envelope.grant ci/${key?.id}`,
      `owner envelope.read ci/${key?.id}`,
      `owner key.delete ${key?.id}`,
    ]);
    expect(
      endpoints(session).filter((line) => line.startsWith("POST") && line.endsWith("envelopes")),
    ).toEqual([]);
  });

  test("nobody approves: a clear error at the deadline, by the service's clock, and nothing is left", async ({
    onTestFinished,
  }) => {
    const { code, error, session } = await waits(onTestFinished, ({ server }) =>
      server.clock.advance(10 * minute),
    );
    expect(code).toBe(1);
    expect(error).toMatch(
      /^Nobody approved the temporary key \(device key \d+\) for environment ci within 10 minutes\. .* \[APPROVAL_TIMED_OUT\]\n/,
    );
    expect(session.leftInTemp()).toEqual(["tmp"]);
    expect(session.server.store.listKeys()).toHaveLength(1);
  });

  test("the key expires first: it says so at once, and an approval comes too late", async ({
    onTestFinished,
  }) => {
    const { error, session, fingerprint } = await waits(onTestFinished, ({ server }) => {
      server.clock.advance(16 * minute);
      server.store.pruneExpiredKeys();
    });
    expect(error).toMatch(/^The temporary key \(device key \d+\) expired at .* \[DEVICE_KEY_EXPIRED\]\n/);
    const late = await session.approve(["--environment", "ci", "--fingerprint", fingerprint]);
    expect(late.code).toBe(4);
    expect(late.stderr).toMatch(/No key with this fingerprint needs access .* \[REQUEST_NOT_FOUND\]/);
    expect(session.server.store.listAudit().map(({ action }) => action)).toContain("key.expire");
  });

  test("the key is deleted to refuse the request: it says so at once", async ({ onTestFinished }) => {
    const { error } = await waits(onTestFinished, ({ server }) => {
      server.store.deleteKey(server.store.listKeys().at(-1)?.id ?? 0);
    });
    expect(error).toMatch(/is no longer registered\. Somebody deleted it.* \[APPROVAL_REFUSED\]\n/);
  });

  test("the token is revoked: it says so at once", async ({ onTestFinished }) => {
    let revoked = false;
    const { error } = await waits(
      onTestFinished,
      () => {
        revoked = true;
      },
      () => (revoked ? Response.json({ message: "Unauthenticated." }, { status: 401 }) : undefined),
    );
    expect(error).toMatch(/\[TOKEN_REFUSED\]\n/);
  });

  test("the environment is gone: it says so at once", async ({ onTestFinished }) => {
    let gone = false;
    const { error } = await waits(
      onTestFinished,
      () => {
        gone = true;
      },
      ({ url }) => {
        if (gone && url.endsWith("/environments")) return Response.json({ data: [] });
        return gone && url.includes("/environments/ci") ? Response.json({}, { status: 404 }) : undefined;
      },
    );
    expect(error).toMatch(/^This application has no environment ci\. .* \[ENVIRONMENT_NOT_FOUND\]\n/);
  });

  test("a service that answers 404 for none is waited for as well", async ({ onTestFinished }) => {
    const session = await startApprovalSession({
      onTestFinished,
      answer: ({ method, url }) => {
        const isPoll = method === "GET" && /envelope\?device_key_id=(?!1$)/.test(url) && !approved;
        return isPoll ? Response.json({}, { status: 404 }) : undefined;
      },
    });
    let approved = false;
    const main = session.step({ "grant-wait": "10" }).main();
    const fingerprint = await waitingFingerprint(session.job);
    await session.approve(["--environment", "ci", "--fingerprint", fingerprint]);
    approved = true;
    expect(await main).toBe(0);
  });

  test("so is one that fails when it is asked for the reason", async ({ onTestFinished }) => {
    let approved = false;
    let waiting = false;
    const session = await startApprovalSession({
      onTestFinished,
      answer: ({ method, url }) => {
        const isPoll = method === "GET" && /envelope\?device_key_id=(?!1$)/.test(url) && !approved;
        if (isPoll) return Response.json({}, { status: 404 });
        return waiting && url.endsWith("/environments") ? Response.json({}, { status: 503 }) : undefined;
      },
    });
    waiting = true;
    const main = session.step({ "grant-wait": "10" }).main();
    const fingerprint = await waitingFingerprint(session.job);
    await session.approve(["--environment", "ci", "--fingerprint", fingerprint]);
    setTimeout(() => {
      approved = true;
    }, 3000);
    expect(await main).toBe(0);
  });

  test("429 and 500 while waiting are tolerated", async ({ onTestFinished }) => {
    const faults = [
      () => Response.json({}, { status: 500 }),
      () => Response.json({}, { status: 429, headers: { "Retry-After": "1" } }),
    ];
    let waiting = false;
    const session = await startApprovalSession({
      onTestFinished,
      answer: ({ method, url }) =>
        waiting && method === "GET" && /envelope\?device_key_id=(?!1$)/.test(url)
          ? faults.pop()?.()
          : undefined,
    });
    const main = session.step({ "grant-wait": "10" }).main();
    const fingerprint = await waitingFingerprint(session.job);
    waiting = true;
    await session.approve(["--environment", "ci", "--fingerprint", fingerprint]);
    expect(await main).toBe(0);
    expect(faults).toEqual([]);
  });

  test("cancelled while waiting: it cleans up by itself, and post finds nothing to do", async ({
    onTestFinished,
  }) => {
    const session = await startApprovalSession({ onTestFinished });
    const { job, server } = session;
    let child: ChildProcess | undefined;
    const step = session.step({ "grant-wait": "10" });
    const main = step.main((started) => {
      child = started;
    });
    await waitingFingerprint(job);
    child?.kill("SIGINT");
    expect(await main).toBe(1);
    expect(job.log.annotations.at(-1)?.message).toBe(
      "The job was cancelled. Nothing was exported. [CANCELLED]\nhttps://github.com/org/secret-stash-action/blob/v1/docs/errors.md#cancelled",
    );
    expect(session.leftInTemp()).toEqual(["tmp"]);
    expect(server.store.listKeys()).toHaveLength(1);
    expect(await step.post()).toBe(0);
    expect(job.log.lines.at(-1)).toBe("SecretStash: nothing to clean up.");
  });

  test("an envelope that does not open", async ({ onTestFinished }) => {
    const { error } = await waits(onTestFinished, ({ server, session }) => {
      const id = server.store.listKeys().at(-1)?.id ?? 0;
      const forAnother = wrapForKey(dekOf(session), inject("keys").ownerKeys.publicKey);
      server.store.saveEnvelope(1, id, JSON.stringify(forAnother), "Mallory");
    });
    expect(error).toMatch(
      /^The envelope for this job's temporary key cannot be opened\. .* \[ENVELOPE_UNREADABLE\]\n/,
    );
  });

  test("two jobs wait: each goes on with its own approval only", async ({ onTestFinished }) => {
    const session = await startApprovalSession({ onTestFinished });
    const { job, server } = session;
    const other = startJob();
    const first = session.step({ "grant-wait": "10" }, place).main();
    const fingerprint = await waitingFingerprint(job);
    const secondStep = other.uses({ ...session.inputs, "grant-wait": "10" }, place);
    const second = secondStep.main();
    const otherFingerprint = await waitingFingerprint(other);
    // Both labels are the same; only the fingerprint tells them apart.
    const labels = server.store.listKeys().map(({ label }) => label);
    expect(labels.slice(-2)).toEqual([labels.at(-1), labels.at(-1)]);
    expect((await session.approve(["--environment", "ci", "--fingerprint", otherFingerprint])).code).toBe(0);
    expect(await second).toBe(0);
    expect(await secondStep.post()).toBe(0);
    expect((await session.approve(["--environment", "ci", "--fingerprint", fingerprint])).code).toBe(0);
    expect(await first).toBe(0);
  });

  test("the wrong key is approved: the job goes on waiting until its deadline", async ({
    onTestFinished,
  }) => {
    const { error } = await waits(onTestFinished, ({ server, session }) => {
      const wrong = server.store.addKey({
        label: "job",
        key_type: "device",
        public_key: inject("keys").grantKeys.publicKey,
        expires_at: null,
      });
      server.store.saveEnvelope(
        1,
        wrong?.id ?? 0,
        JSON.stringify(wrapForKey(dekOf(session), wrong?.public_key ?? "")),
        "Alice",
      );
      server.clock.advance(10 * minute);
    });
    expect(error).toMatch(/or approved another key\. .* \[APPROVAL_TIMED_OUT\]\n/);
  });

  test("grant-wait beyond the key's life is refused, and 0 does not wait", async ({ onTestFinished }) => {
    const session = await startApprovalSession({ onTestFinished });
    const { job } = session;
    expect(await session.step({ "grant-wait": "16" }).main()).toBe(1);
    expect(job.log.annotations.at(-1)?.message).toContain(
      "- grant-wait: must be at most ttl (15 minutes), because the key expires then",
    );
    expect(await session.step().main()).toBe(1);
    expect(job.log.annotations.at(-1)?.message).toContain("set grant-wait to some minutes, in which");
  });

  test("on GitLab and in a shell too", async ({ onTestFinished }) => {
    const session = await startApprovalSession({ onTestFinished });
    const gitlab = {
      GITLAB_CI: "true",
      CI_PROJECT_PATH: "acme/app",
      CI_JOB_NAME: "deploy",
      CI_PIPELINE_IID: "9",
      CI_JOB_URL: "https://gitlab.example.test/-/jobs/1",
    };
    const result = await session.run(["pull", "--grant-wait", "10"], {
      environment: gitlab,
      onStart: ({ stderr }) => {
        stderr?.on("data", (chunk: Buffer) => {
          const fingerprint = /fingerprint {2}([0-9a-f ]+)/.exec(chunk.toString())?.[1];
          if (fingerprint) void session.approve(["--environment", "ci", "--fingerprint", fingerprint]);
        });
      },
    });
    expect(result.stderr).toContain("label        CI/CD Temporary Key (acme/app deploy #9)");
    expect(result.code).toBe(0);
    expect(readFileSync(result.stdout.trim(), "utf8")).toContain("API_KEY='plain-secret-value'");
  });
});

/** A job that waits up to ten minutes, what happens meanwhile, and the error it ends with. */
async function waits(
  onTestFinished: TestContext["onTestFinished"],
  meanwhile: (context: {
    server: Awaited<ReturnType<typeof startApprovalSession>>["server"];
    session: Awaited<ReturnType<typeof startApprovalSession>>;
  }) => void,
  answer?: (request: { method: string; url: string }) => Response | undefined,
) {
  const session = await startApprovalSession({ onTestFinished, ...(answer && { answer }) });
  const main = session.step({ "grant-wait": "10" }).main();
  const fingerprint = await waitingFingerprint(session.job);
  meanwhile({ server: session.server, session });
  const code = await main;
  expect(session.job.environment.size).toBe(0);
  const [error] = session.job.log.annotations.filter(({ level }) => level === "error");
  return { code, error: error?.message ?? "", session, fingerprint };
}
