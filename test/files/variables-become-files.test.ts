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
import { expect, test, vi } from "vitest";
import { restoreFile } from "../../src/export/file-restore.ts";
import { locateFile, writeWhole } from "../../src/export/file-write.ts";
import { placeWrittenFile } from "../../src/journal/written-file.ts";
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
  expect(Object.fromEntries(step.outputs)).toMatchObject({ ...expected, count: "1", names: '["GCP_KEY"]' });
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
  [
    "a path with white space",
    "OTHER > a b",
    /- files: line 1, "OTHER > a b": expected NAME > path without white space/,
  ],
  [
    "an option that is misspelt",
    "OTHER > x mode=0400",
    /expected NAME > path without white space in the path, then as ENV_NAME/,
  ],
  ["an option twice", "OTHER > x mode 0400 mode 0600", /says one thing twice/],
  ["an env file, too", "OTHER > .env", /^files: .*\/\.env is refused: env-file names it, too\./],
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
  expect(await failingMain(session, { files, "env-file": ".env:json" })).toMatch(expected);
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

test("what stood in the place of a later rule is restored, too", async () => {
  const session = await startSession({ variables });
  const path = join(session.job.workspace, "x.json");
  writeFileSync(path, "mine");
  const step = session.step({
    files: "OTHER > ~ as A\nGCP_KEY > new.json\nOTHER > x.json",
    "env-file": ".env:json",
  });
  expect(await step.main()).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("another-secret");
  expect(await step.post()).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("mine");
  expect(readdirSync(session.job.workspace)).toEqual(["x.json"]);
});

test.each(["false", "true"])(
  "killed with keep-env-file: %s, the next job removes the files",
  async (keep) => {
    const session = await startSession({ variables });
    const { workspace } = session.job;
    writeFileSync(join(workspace, "x.json"), "mine");
    const files = "OTHER > ~ as A\nOTHER > new.txt\nOTHER > x.json";
    const inputs = { files, "env-file": ".env:json", "keep-env-file": keep };
    expect(await session.step(inputs).main()).toBe(0);
    // Nobody runs post. The key has expired, and the process that made it is gone.
    const [left = ""] = session.leftInTemp();
    const keyDirectory = join(session.job.temp, left);
    writeFileSync(join(keyDirectory, "device.json"), JSON.stringify({ expires_at: "2020-01-01T00:00:00Z" }));
    writeFileSync(join(keyDirectory, "session.json"), JSON.stringify({ owners: [] }));
    const next = session.step();
    expect(await next.main()).toBe(0);
    expect(readdirSync(workspace)).toEqual(keep === "true" ? [".env", "x.json"] : ["x.json"]);
    expect(readFileSync(join(workspace, "x.json"), "utf8")).toBe("mine");
    expect(await next.post()).toBe(0);
  },
);

test("a file that another process puts there meanwhile is neither replaced nor deleted", async () => {
  const session = await startSession({ variables });
  const path = join(session.job.workspace, "x");
  const record = await locateFile("x", { kind: "file", number: 1 }, session.job.workspace);
  const file = placeWrittenFile(record, session.job.temp);
  writeFileSync(path, "of another process");
  let saved = file;
  const save = async (known: typeof file) => {
    saved = known;
  };
  await expect(writeWhole(file, { content: "secret", mode: 0o600 }, save)).rejects.toMatchObject({
    code: "FILE_REFUSED",
    message: expect.stringContaining("another process has put a file there meanwhile"),
  });
  await restoreFile(saved);
  expect(readFileSync(path, "utf8")).toBe("of another process");
  expect(readdirSync(session.job.workspace)).toEqual(["x"]);
});

test("bytes, and text in another encoding, show in no form, and the leak check finds copies", async () => {
  const pem = Buffer.concat([
    Buffer.from("Schl\xfcssel von M\xfcller\n", "latin1"),
    Buffer.from(
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----\npassword=hunter2-very-secret\n",
    ),
  ]);
  const session = await startSession({
    variables: { KEYSTORE: variables.KEYSTORE, LATIN: pem.toString("base64") },
  });
  const { job } = session;
  const step = session.step({ files: "KEYSTORE > a.jks base64\nLATIN > k.pem base64", "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await job.run(
    "cat k.pem; for file in a.jks k.pem; do base64 $file; openssl base64 -in $file; base64 -w0 $file; echo; xxd -p $file; done",
  );
  const shown = job.log.lines.join("\n");
  for (const secret of ["MIIEvQIBADANBgkqhkiG9w0B", "password=hunter2-very-secret", "sel von M"]) {
    expect(shown, secret).not.toContain(secret);
  }
  for (const line of job.log.lines.filter((text) => !text.includes(" ")))
    expect(line).not.toMatch(/[A-Za-z0-9+/]{12}/);
  await job.run("cp a.jks copy.jks; cp k.pem copy.pem; rm a.jks k.pem");
  expect(await step.post()).toBe(1);
  const found = job.log.annotations.flatMap(
    ({ message }) => /^Leak: (\S+?):\d.*holds (\w+), (.*)\.$/.exec(message)?.slice(1, 4).join(" ") ?? [],
  );
  expect(found).toContain("copy.jks KEYSTORE as bytes");
  expect(found.some((text) => text.startsWith("copy.pem LATIN"))).toBe(true);
});

test("a folder that another step put into the place of ours is not written to", async () => {
  const session = await startSession({ variables });
  const step = session.step({ files: "OTHER > ~ as OTHER_FILE" });
  expect(await step.pre?.()).toBe(0);
  const prepared = await vi.waitFor(() => {
    const [found = ""] = session
      .leftInTemp()
      .filter((name) => existsSync(join(session.job.temp, name, "prepared_key.pem")));
    if (found === "") throw new Error("there is no key yet");
    return found;
  }, 60_000);
  mkdirSync(join(session.job.workspace, "loot"));
  symlinkSync(join(session.job.workspace, "loot"), join(session.job.temp, prepared, "files"));
  expect(await step.main()).toBe(1);
  expect(session.job.log.annotations[0]?.message).toMatch(
    /^The files of ~ in .* cannot be written \(EEXIST\).*\[FILE_FAILED\]/s,
  );
  expect(readdirSync(join(session.job.workspace, "loot"))).toEqual([]);
  expect(session.job.environment.size).toBe(0);
});

test("required and allow-names know the variable that holds a path", async () => {
  const session = await startSession({ variables });
  const inputs = {
    files: "OTHER > ~ as LD_PRELOAD",
    "allow-names": "LD_PRELOAD",
    required: "LD_PRELOAD, OTHER",
  };
  expect(await session.step(inputs).main()).toBe(0);
  expect(session.job.log.annotations.map(({ message }) => message).join("\n")).not.toContain("allow-names");
});

test("negative control: a file that no rule deletes is found by the leak check", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  writeFileSync(join(session.job.workspace, "secret.txt"), "another-secret");
  expect(await step.post()).toBe(1);
});
