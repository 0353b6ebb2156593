import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { grantAsOwner } from "../support/grants.ts";
import { failingMain, type Session, startSession } from "../support/session.ts";

interface Received {
  request: IncomingMessage;
  body: string;
}

/** An endpoint like Slack's, which answers each message with this status. */
async function startWebhook(status = 200): Promise<{ address: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ request, body: Buffer.concat(chunks).toString() });
      response.writeHead(status, { location: "http://127.0.0.1:1/" }).end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/services/T0/B0/s3cr3t-of-the-channel`, received };
}

const hasWarned = ({ job }: Session) => job.log.annotations.some(({ level }) => level === "warning");

/** Approves the key when it is time, which the job asks for every few seconds. */
function startWaitingSession(isTime: (session: Session) => boolean): Promise<Session> {
  const started = startSession({
    grant: false,
    answer: async ({ url }) => {
      const id = /envelope\?device_key_id=(\d+)/.exec(url)?.[1];
      const session = await started;
      if (id !== undefined && isTime(session)) grantAsOwner(session, Number(id));
      return undefined;
    },
  });
  return started;
}

test("one message in Slack's form and in fields, without the token; the address shows nowhere", async () => {
  const { address, received } = await startWebhook();
  const session = await startWaitingSession(() => received.length > 0);
  const inputs = { "grant-wait": "5", "approval-webhook": address };
  expect(
    await session
      .step(inputs, {
        GITHUB_REPOSITORY: "acme/app",
        GITHUB_WORKFLOW: "deploy <!channel>",
        GITHUB_RUN_NUMBER: "17",
      })
      .main(),
  ).toBe(0);
  expect(received).toHaveLength(1);
  const [{ request, body } = {} as Received] = received;
  expect(request.method).toBe("POST");
  expect(request.headers).toMatchObject({ "content-type": "application/json" });
  expect(JSON.stringify(request.headers)).not.toContain(session.account.apiToken);
  const message = JSON.parse(body);
  const { applicationId } = session.account;
  expect(message).toMatchObject({
    job: "acme/app deploy <!channel> #17",
    label: expect.stringContaining("acme/app deploy"),
    environments: [{ application_id: applicationId, slug: "ci" }],
    wait_minutes: 5,
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    commands: [expect.stringContaining(`--application-id ${applicationId} --environment ci --fingerprint "`)],
  });
  expect(message.text).toMatch(
    /^acme\/app deploy &lt;!channel&gt; #17 waits up to 5 minutes until somebody approves its temporary key for environment ci of application \S+\.\nFingerprint: /,
  );
  const { log } = session.job;
  expect(log.lines.join("\n")).not.toContain("s3cr3t-of-the-channel");
  log.write(`> ${address}`);
  expect(log.lines.at(-1)).toBe("> ***");
});

test.each([
  ["refuses it", 500, "HTTP_500"],
  ["redirects", 302, "HTTP_302"],
])("an endpoint that %s never fails the job", async (_, status, code) => {
  const { address, received } = await startWebhook(status);
  const session = await startWaitingSession(hasWarned);
  expect(await session.step({ "grant-wait": "5", "approval-webhook": address }).main()).toBe(0);
  expect(received).toHaveLength(1);
  expect(session.job.log.annotations.map(({ message }) => message)).toContainEqual(
    `The address in approval-webhook was not reached, or refused the message (${code}). The job goes on waiting. Check the address, and whether it ` +
      "accepts a POST with JSON.",
  );
});

test("an endpoint that cannot be reached never fails the job", async () => {
  const session = await startWaitingSession(hasWarned);
  const address = "http://127.0.0.1:1/hook";
  expect(await session.step({ "grant-wait": "5", "approval-webhook": address }).main()).toBe(0);
  expect(session.job.log.annotations.map(({ message }) => message).join("\n")).toContain("(ECONNREFUSED)");
});

test("a job that does not wait tells nobody", async () => {
  const { address, received } = await startWebhook();
  const session = await startSession();
  expect(await session.step({ "grant-wait": "5", "approval-webhook": address }).main()).toBe(0);
  expect(received).toEqual([]);
});

test.each(["http://hooks.example.test/x", "hooks.example.test", "ftp://x/"])(
  "%s is refused without being printed",
  async (address) => {
    const session = await startSession();
    const message = await failingMain(session, { "approval-webhook": address });
    expect(message).toMatch(/- approval-webhook: must be (an )?https/);
    expect(message).not.toContain(address);
  },
);

test("the command line takes it from a variable or a file, and not from a flag", async () => {
  const session = await startCliSession();
  const { code, stderr } = await session.run([
    "exec",
    "--approval-webhook",
    "https://x.example.test/s3cr3t",
    "--",
    "true",
  ]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--approval-webhook cannot be given on the command line/);
  expect(stderr).not.toContain("s3cr3t");
  const environment = { SECRET_STASH_APPROVAL_WEBHOOK: "https://x.example.test/s3cr3t-hook" };
  const { stdout } = await session.run(["exec", "--", "env"], { environment });
  expect(stdout).not.toContain("APPROVAL_WEBHOOK");
  const printed = await session.run(["exec", "--", "echo", "https://x.example.test/s3cr3t-hook"], {
    environment,
  });
  expect(printed.stdout).toBe("***\n");
});
