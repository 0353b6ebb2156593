import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deriveNeedles } from "../../src/redact/needles.ts";
import { runnerMasks } from "../../src/redact/runner-masks.ts";
import { startSession } from "../support/session.ts";

const serviceAccount = {
  type: "service_account",
  project_id: "acme-production",
  private_key_id: "0123456789abcdef0123456789abcdef01234567",
  private_key:
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n",
  client_email: "ci@acme-production.iam.example.test",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
  universe_domain: "googleapis.com",
};
const kubeconfig =
  "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://10.1.2.3:6443\nusers:\n- user:\n    token: s3cr3t-of-the-cluster\n";

test("one notice names the values that black out a log, with the line to add", async () => {
  const session = await startSession({
    variables: {
      REDIS_DB: "0",
      APP_DEBUG: "true",
      APP_LOCALE: "en",
      SLUG: "app",
      DRIVER: "database",
      TOKEN: "s3cr3t-value",
      SHOWN: "hello",
      DB: '{"user":"admin","password":"s3cr3t-of-db"}',
    },
  });
  expect(await session.step({ unmasked: "SHOWN" }).main()).toBe(0);
  const notices = session.job.log.annotations.filter(({ message }) => message.includes("ordinary text"));
  expect(notices.map(({ message }) => message)).toEqual([
    "REDIS_DB, APP_DEBUG, APP_LOCALE, SLUG, DRIVER, DB: the value is ordinary text, and every occurrence of it in the log becomes ***. If it is not " +
      "secret, add this line: unmasked: SHOWN, REDIS_DB, APP_DEBUG, APP_LOCALE, SLUG, DRIVER, DB",
  ]);
});

test("public parts of well-known credentials are not masked alone, everything else of them is", async () => {
  const variables = {
    GCP: JSON.stringify(serviceAccount, null, 2),
    KUBE: kubeconfig,
    DOCKER: '{"auths":{"registry.example.test":{"auth":"dXNlcjpzM2NyM3Q="}},"credsStore":"desktop"}',
    AWS: '{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"wJalrXUtnFEMI","Expiration":"2031-05-04T03:02:01Z"}',
    RDS: '{"engine":"postgres","username":"app_user","password":"s3cr3t-of-rds"}',
  };
  const session = await startSession({ variables });
  expect(await session.step().main()).toBe(0);
  const { log } = session.job;
  const shows = (text: string) => {
    log.write(`> ${text}`);
    return log.lines.at(-1) === `> ${text}`;
  };
  for (const text of [
    "Fetching https://accounts.google.com/o/oauth2/auth and https://oauth2.googleapis.com/token",
    "-----BEGIN PRIVATE KEY-----",
    "a service_account of googleapis.com",
    '"type": "service_account",',
    "apiVersion: v1",
    "kind: Config",
    "users:",
    "docker-credential-desktop",
    "until 2031-05-04T03:02:01Z",
    "a postgres server",
  ]) {
    expect(shows(text), text).toBe(true);
  }
  for (const text of [
    "MIIEvQIBADANBgkqhkiG9w0B",
    serviceAccount.private_key_id,
    serviceAccount.client_email,
    "acme-production",
    JSON.stringify(serviceAccount),
    "token: s3cr3t-of-the-cluster",
    "server: https://10.1.2.3:6443",
    "dXNlcjpzM2NyM3Q=",
    "wJalrXUtnFEMI",
    "AKIAEXAMPLE",
    "s3cr3t-of-rds",
    "app_user",
  ]) {
    expect(shows(text), text).toBe(false);
  }
  for (const text of [
    "service_account",
    "https://oauth2.googleapis.com/token",
    "-----BEGIN PRIVATE KEY-----",
  ]) {
    expect(deriveNeedles(Object.values(variables)).has(text), text).toBe(false);
  }
});

test.each([
  [
    "a secret under a public key",
    '{"type":"authorized_user","token_uri":"https://user:s3cr3t-part@oauth2.googleapis.com/x"}',
  ],
  [
    "an address of somebody else",
    '{"type":"service_account","auth_uri":"https://evil.example.test/s3cr3t-part"}',
  ],
  ["a public key in another place", '{"type":"authorized_user","nested":{"type":"s3cr3t-part"}}'],
  ["a Kubernetes Secret", '{"apiVersion":"v1","kind":"Secret","data":{"kind":"s3cr3t-part"}}'],
  ["a date that is none", '{"Credentials":{"Expiration":"s3cr3t-part"}}'],
  ["a helper that is none", '{"auths":{},"credsStore":"s3cr3t-part"}'],
  ["a token in a kubeconfig", "apiVersion: v1\nkind: Config\nusers:\n- user:\n    token: s3cr3t-part\n"],
])("%s is masked alone", (_, value) => {
  const isHidden = (strings: Iterable<string>) =>
    [...strings].some((text) => "x s3cr3t-part x".includes(text) || text.includes("s3cr3t-part"));
  const leaf = value.includes("https://") ? (/https:[^"]+/.exec(value)?.[0] ?? "") : "s3cr3t-part";
  const masks = [...runnerMasks([value])];
  expect(masks).toContain(leaf);
  expect(isHidden(masks)).toBe(true);
  expect(deriveNeedles([value]).has(leaf)).toBe(true);
});

test("negative control: in JSON of no known shape the same words are masked", () => {
  const masks = [
    ...runnerMasks(['{"type":"my_own_service","token_uri":"https://oauth2.googleapis.com/token"}']),
  ];
  expect(masks).toContain("my_own_service");
  expect(masks).toContain("https://oauth2.googleapis.com/token");
});

test("masks of one character break neither an address nor a date of ours", async () => {
  const session = await startSession({ variables: { ZERO: "0", LETTER: "e", TOKEN: "s3cr3t-value-x" } });
  const step = session.step({ "leak-check": "fail", summary: "true" });
  expect(await step.main()).toBe(0);
  writeFileSync(join(session.job.workspace, "out"), "s3cr3t-value-x");
  expect(await step.post()).toBe(1);
  const { log } = session.job;
  const said = [...log.lines, ...log.annotations.map(({ message }) => message)];
  expect(session.job.summary.join("\n")).not.toMatch(/fing\S+print|at \S+<code>/);
  expect(said).toContain(
    "SecretStash: every error code is explained on https://github.com/org/secret-stash-action/blob/v1/docs/errors.md",
  );
  expect(said.find((line) => line.startsWith("Temporary device key"))).toMatch(
    /expires at \d{4}-\d\d-\d\dT.*Z\.$/,
  );
  for (const line of said) expect(line).not.toMatch(/https?:\S*\*\*\*|\*\*\*-\d\d|\d\d-\*\*\*|\dT\d*\*\*\*/);
});

test.each([['{"scheme":"https"}'], ['{"host":"github.com"}'], ["docs\nerrors"], ["errors.md"]])(
  "parts that are masked by themselves break no address either: %j",
  async (value) => {
    const session = await startSession({ variables: { PART: value, TOKEN: "s3cr3t-value-x" } });
    const step = session.step({ "leak-check": "fail" });
    expect(await step.main()).toBe(0);
    writeFileSync(join(session.job.workspace, "out"), "s3cr3t-value-x");
    expect(await step.post()).toBe(1);
    const said = [...session.job.log.lines, ...session.job.log.annotations.map(({ message }) => message)];
    for (const line of said) expect(line).not.toMatch(/\S*\*\*\*\S*errors|errors\S*\*\*\*|:\/\/\*\*\*/);
  },
);

test("without such a mask, errors keep the address of their page", async () => {
  const session = await startSession({ variables: { TOKEN: "s3cr3t-value-x" } });
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  writeFileSync(join(session.job.workspace, "out"), "s3cr3t-value-x");
  expect(await step.post()).toBe(1);
  const error = session.job.log.annotations.find(({ level }) => level === "error");
  expect(error?.message).toMatch(/\[LEAK_FOUND\]\nhttps:\/\/github\.com\/.*#leak_found$/);
});
