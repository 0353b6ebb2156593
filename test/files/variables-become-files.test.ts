import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

const keystore = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 37) % 256));
const account = JSON.stringify(
  {
    type: "service_account",
    private_key: "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----\n",
    client_email: "ci@acme.iam.example.test",
  },
  null,
  2,
);
const variables = {
  GCP_KEY: account,
  KEYSTORE: (keystore.toString("base64").match(/.{1,76}/g) ?? []).join("\n"),
  KUBECONFIG_B64: Buffer.from(
    "apiVersion: v1\nkind: Config\nusers:\n- user: {token: abcdefgh-s3cr3t}\n",
  ).toString("base64"),
  DOCKER_AUTH: '{"auths":{"registry.example.test":{"auth":"dXNlcjpzM2NyM3Q="}}}',
  OTHER: "another-secret",
};

test("written, named by a variable, masked, restored or deleted, and not exported themselves", async () => {
  const session = await startSession({ variables });
  const { job } = session;
  mkdirSync(join(job.workspace, "app"));
  writeFileSync(join(job.workspace, "gcp.json"), "what was there before", { mode: 0o644 });
  const step = session.step({
    files: [
      "# credentials of the deployment",
      "GCP_KEY > gcp.json as GOOGLE_APPLICATION_CREDENTIALS",
      "KEYSTORE > app/release.jks base64 mode 0400",
      "KUBECONFIG_B64 > ~ as KUBECONFIG base64",
      "DOCKER_AUTH > ~ as DOCKER_CONFIG",
      "MISSING? > never.txt",
    ].join("\n"),
  });
  expect(await step.main()).toBe(0);
  const { SECRET_STASH_KEY_DIR: keyDirectory = "", ...exported } = Object.fromEntries(job.environment);
  expect(exported).toEqual({
    OTHER: "another-secret",
    GOOGLE_APPLICATION_CREDENTIALS: join(job.workspace, "gcp.json"),
    KUBECONFIG: join(keyDirectory, "files/KUBECONFIG_B64/KUBECONFIG_B64"),
    DOCKER_CONFIG: join(keyDirectory, "files/DOCKER_AUTH"),
  });
  expect(readFileSync(exported.GOOGLE_APPLICATION_CREDENTIALS ?? "", "utf8")).toBe(account);
  expect(readFileSync(join(job.workspace, "app/release.jks"))).toEqual(keystore);
  expect(readFileSync(exported.KUBECONFIG ?? "", "utf8")).toContain("abcdefgh-s3cr3t");
  expect(readFileSync(join(exported.DOCKER_CONFIG ?? "", "config.json"), "utf8")).toBe(variables.DOCKER_AUTH);
  const modes = ["gcp.json", "app/release.jks"].map(
    (name) => statSync(join(job.workspace, name)).mode & 0o777,
  );
  expect(modes).toEqual([0o600, 0o400]);
  expect(statSync(exported.KUBECONFIG ?? "").mode & 0o777).toBe(0o600);

  for (const secret of [
    "- user: {token: abcdefgh-s3cr3t}",
    "MIIEvQIBADANBgkqhkiG9w0B",
    keystore.toString("base64"),
    variables.KEYSTORE.split("\n")[0] ?? "",
  ]) {
    job.log.write(`> ${secret}`);
    expect(job.log.lines.at(-1), secret).toBe("> ***");
  }
  expect(await step.post()).toBe(0);
  expect(job.log.annotations.filter(({ message }) => message.startsWith("Leak"))).toEqual([]);
  expect(readFileSync(join(job.workspace, "gcp.json"), "utf8")).toBe("what was there before");
  expect(statSync(join(job.workspace, "gcp.json")).mode & 0o777).toBe(0o644);
  expect(readdirSync(join(job.workspace, "app"))).toEqual([]);
  expect(session.leftInTemp()).toEqual([]);
});

test("export exports the value as well, and env files and outputs get the path", async () => {
  const session = await startSession({ variables });
  const step = session.step({
    variables: "GCP_KEY",
    files: "GCP_KEY > gcp.json as GOOGLE_APPLICATION_CREDENTIALS export",
    "env-file": ".env:json",
    outputs: "true",
  });
  expect(await step.main()).toBe(0);
  const path = join(session.job.workspace, "gcp.json");
  const expected = { GCP_KEY: account, GOOGLE_APPLICATION_CREDENTIALS: path };
  expect(JSON.parse(readFileSync(join(session.job.workspace, ".env"), "utf8"))).toEqual(expected);
  expect(Object.fromEntries(step.outputs)).toMatchObject({ ...expected, count: "2" });
  expect(Object.fromEntries(session.job.environment)).toMatchObject(expected);
});

test("keep-env-file keeps env files only", async () => {
  const session = await startSession({ variables });
  const step = session.step({
    files: "OTHER > secret.txt",
    "env-file": ".env:json",
    "keep-env-file": "true",
  });
  expect(await step.main()).toBe(0);
  expect(await step.post()).toBe(0);
  expect(readdirSync(session.job.workspace)).toEqual([".env"]);
});

test("with run, the files are gone when the command has ended", async () => {
  const session = await startSession({ variables });
  const step = session.step({
    files: "OTHER > secret.txt as SECRET_FILE\nGCP_KEY > ~ as GCP",
    run: 'cp "$SECRET_FILE" seen; test -s "$GCP"; test -z "${OTHER-}"',
    "leak-check": "off",
  });
  expect(await step.main()).toBe(0);
  expect(readdirSync(session.job.workspace)).toEqual(["seen"]);
  expect(readFileSync(join(session.job.workspace, "seen"), "utf8")).toBe("another-secret");
  expect(session.leftInTemp()).toEqual([]);
});

test("the leak check passes the file itself, and finds copies of what is in it", async () => {
  const session = await startSession({ variables });
  const step = session.step({ files: "KUBECONFIG_B64 > kube.yaml base64", "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  writeFileSync(join(session.job.workspace, "copy"), "x\n- user: {token: abcdefgh-s3cr3t}\n");
  expect(await step.post()).toBe(1);
  const messages = session.job.log.annotations.map(({ message }) => message);
  expect(messages[0]).toMatch(/^Leak: copy:2:1 holds KUBECONFIG_B64, /);
  expect(messages.join("\n")).not.toContain("kube.yaml");
  expect(existsSync(join(session.job.workspace, "kube.yaml"))).toBe(false);
});

test.each([
  [
    "not base64",
    "OTHER > x base64",
    /files says base64 for values that are not base64:\n- line 1, OTHER\n.*\[VALUES_REFUSED\]/,
  ],
  ["outside", "OTHER > ../x", /^files: \.\.\/x is refused: it is outside the workspace\. .*\[FILE_REFUSED\]/],
  [
    "a folder that is missing",
    "OTHER > no/x",
    /^files: no\/x is refused: its directory cannot be read \(ENOENT\)/,
  ],
  ["a directory", "OTHER > folder", /^files: folder is refused: it exists and is not a file/],
  ["a link", "OTHER > link", /^files: link is refused: it is a link, and links are not written through/],
  [
    "one target",
    "OTHER > x\nGCP_KEY > x",
    /- files: line 2, "GCP_KEY > x": another rule above writes this file/,
  ],
  [
    "one target, spelled twice",
    "OTHER > x\nGCP_KEY > ./x",
    /^files: \.\/x is refused: another rule writes the same file/,
  ],
  ["one name", "OTHER > x as P\nGCP_KEY > y as P", /- files: line 2, .*: another rule above sets P/],
  [
    "a name that is a variable",
    "OTHER > x as GCP_KEY",
    /files puts the path of OTHER into GCP_KEY, which is also a variable.*\[TARGETS_CONFLICT\]/,
  ],
  [
    "a name that takes over",
    "OTHER > x as LD_PRELOAD",
    /can take over later steps .*: LD_PRELOAD \[NAMES_REFUSED\]/,
  ],
  [
    "a missing variable",
    "OTHERS > x",
    /files names variables that were not pulled:\n- line 1, OTHERS Did you mean OTHER\?\n.*\[RULES_UNMATCHED\]/,
  ],
  ["home", "OTHER > ~/.netrc", /~ alone is the session's own folder/],
  ["a mode for all", "OTHER > x mode 0666", /mode must let the owner read and nobody else write/],
  ["no path", "OTHER", /- files: line 1, "OTHER": expected NAME > path/],
  [
    "docker's folder",
    "DOCKER_AUTH > auth.json as DOCKER_CONFIG",
    /DOCKER_CONFIG names a folder, in which docker reads config\.json/,
  ],
])("%s is refused, and nothing is written", async (_, files, expected) => {
  const session = await startSession({ variables });
  mkdirSync(join(session.job.workspace, "folder"));
  symlinkSync("elsewhere", join(session.job.workspace, "link"));
  expect(await failingMain(session, { files })).toMatch(expected);
  expect(readdirSync(session.job.workspace).sort()).toEqual(["folder", "link"]);
});

test("a file that has a second name is replaced, and the other name keeps what it had", async () => {
  const session = await startSession({ variables });
  const [path, other] = [join(session.job.workspace, "x"), join(session.job.workspace, "y")];
  writeFileSync(path, "mine");
  linkSync(path, other);
  const step = session.step({ files: "OTHER > x" });
  expect(await step.main()).toBe(0);
  expect(readFileSync(other, "utf8")).toBe("mine");
  expect(await step.post()).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("mine");
});

test("negative control: a file that no rule deletes is found by the leak check", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  writeFileSync(join(session.job.workspace, "secret.txt"), "another-secret");
  expect(await step.post()).toBe(1);
});
