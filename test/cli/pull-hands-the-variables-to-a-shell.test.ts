import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAzureVariables } from "../../src/format/azure.ts";
import { actionRoot } from "../runner/job.ts";
import { startCliSession } from "../support/cli.ts";

const API_KEY = "plain-secret-value";
const sessionOf = (stdout: string) => /SECRET_STASH_SESSION_DIR='([^']+)'/.exec(stdout)?.[1] ?? "";

test("pull --format shell is for eval; mask and clean-up go on with its session", async () => {
  const { run, left, server } = await startCliSession({
    variables: { API_KEY, QUOTED: "it's $HOME `id`\nline two" },
  });
  const { code, stdout, stderr } = await run(["pull", "--format", "shell"]);
  expect(code).toBe(0);
  expect(stderr).not.toContain(API_KEY);
  const printed = execFileSync("sh", ["-c", 'eval "$TEXT"; printf %s "$QUOTED"'], {
    env: { TEXT: stdout },
    encoding: "utf8",
  });
  expect(printed).toBe("it's $HOME `id`\nline two");

  const environment = { SECRET_STASH_SESSION_DIR: sessionOf(stdout) };
  const masked = await run(["mask"], {
    environment,
    input: `a ${API_KEY} b ${Buffer.from(API_KEY).toString("hex")}\n`,
  });
  expect(masked.stdout).toBe("a *** b ***\n");
  expect((await run(["clean-up"], { environment })).stderr).toContain("the temporary key is gone");
  expect(left()).toEqual([]);
  expect(server.store.listKeys().filter(({ expires_at }) => expires_at !== null)).toEqual([]);
  expect((await run(["mask"], { environment, input: API_KEY })).stdout).toBe(""); // no masks: nothing is let through
});

test("without a format it writes a file to source, which only its owner can read, and prints the path", async () => {
  const { run } = await startCliSession();
  const { stdout } = await run(["pull"]);
  const file = stdout.trim();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  expect(readFileSync(file, "utf8")).toContain(`export API_KEY='${API_KEY}'`);
});

test("no value, in any form, is in the session's directory except in the file to source", async () => {
  const { run } = await startCliSession();
  const { stdout } = await run(["pull", "--format", "shell"]);
  const found = execFileSync("sh", ["-c", `grep -r "${API_KEY}" "${sessionOf(stdout)}" || true`], {
    encoding: "utf8",
  });
  expect(found).toBe("");
});

test.each([
  [["pull", "--api-token", "st_secret"], "--api-token cannot be given on the command line"],
  [["exec", "--grant-key=secret", "--", "true"], "--grant-key cannot be given on the command line"],
  [["exec"], "The command is missing: exec -- CMD ARGS"],
  [["pull", "--no-such-flag", "x"], "has no flag --no-such-flag"],
  [["pull", "st_secret"], "Unexpected argument: only flags are expected here"],
  [["no-such-command"], "There is no command no-such-command"],
])("%j is wrong usage, told without what was given", async (args, message) => {
  const { run, left } = await startCliSession();
  const { code, stdout, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("st_secret");
  expect(left()).toEqual([]);
});

test("exit codes distinguish credentials, rules and an unavailable service", async () => {
  const { run, left } = await startCliSession({ variables: { LD_PRELOAD: "/tmp/x.so" } });
  expect((await run(["pull"], { environment: { SECRET_STASH_API_TOKEN: "st_wrong" } })).code).toBe(3);
  expect((await run(["pull"])).code).toBe(4);
  expect((await run(["pull", "--api-url", "http://127.0.0.1:1"])).code).toBe(5);
  expect((await run(["pull", "--ttl", "1"])).code).toBe(2);
  expect(left()).toEqual([]);
});

test("the token can come from a file or from standard input", async () => {
  const { run, inputs, job } = await startCliSession();
  const file = join(job.workspace, "token");
  writeFileSync(file, `${inputs["api-token"]}\n`, { mode: 0o600 });
  const environment = { SECRET_STASH_API_TOKEN: "" };
  expect((await run(["pull", "--format", "shell", "--api-token-file", file], { environment })).code).toBe(0);
  const piped = await run(["pull", "--format", "shell", "--api-token-file", "-"], {
    environment,
    input: inputs["api-token"] ?? "",
  });
  expect(piped.code).toBe(0);
});

test("a second pull does not orphan the first one's session", async () => {
  const { run } = await startCliSession();
  const { stdout } = await run(["pull", "--format", "shell"]);
  const second = await run(["pull"], { environment: { SECRET_STASH_SESSION_DIR: sessionOf(stdout) } });
  expect(second.code).toBe(2);
  expect(second.stderr).toContain("A session is already open");
  writeFileSync(join(sessionOf(stdout), "undo.json"), "{");
  const third = await run(["pull"], { environment: { SECRET_STASH_SESSION_DIR: sessionOf(stdout) } });
  expect(third.code).toBe(2); // A state that cannot be read is of a session, too.
});

test("mask ends quietly if nobody reads its output any more", async () => {
  const { job } = await startCliSession();
  const file = join(job.workspace, "values.json");
  writeFileSync(file, '["s3cret"]', { mode: 0o600 });
  const pipe = `yes s3cret-line | ${process.execPath} ${join(actionRoot, "dist/index.js")} mask --values-file ${file} | head -n 1`;
  const { stdout, stderr } = spawnSync("sh", ["-c", pipe], { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "***-line\n", stderr: "" });
});

test("mask reads values from a file that only its owner can read", async () => {
  const { run, job } = await startCliSession();
  const file = join(job.workspace, "values.json");
  writeFileSync(file, JSON.stringify(["s3cret-value"]), { mode: 0o600 });
  const input = `s3cret-value ${Buffer.from("s3cret-value").toString("hex")}`;
  expect((await run(["mask", "--values-file", file], { input })).stdout).toBe("*** ***");
  expect((await run(["mask", "--values-file", file, "--exact"], { input })).stdout).toBe(
    input.replace("s3cret-value", "***"),
  );
  chmodSync(file, 0o644);
  const refused = await run(["mask", "--values-file", file], { input });
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain(
    "is readable by others (mode 0644). Run chmod 600 on it. Nothing was printed. [MASKS_UNREADABLE]",
  );
});

test("on CircleCI the variables go to BASH_ENV, which bash gives back exactly", async () => {
  const value = 'it\'s; a % "b" $c ]\nline two';
  const { run, job } = await startCliSession({ variables: { VALUE: value } });
  const file = join(job.workspace, "bash_env");
  const { code, stderr } = await run(["pull"], { environment: { CIRCLECI: "true", BASH_ENV: file } });
  expect(code).toBe(0);
  expect(stderr).toContain("CircleCI does not mask these values in the log. Where that matters, use exec.");
  expect(
    execFileSync("bash", ["-c", 'printf %s "$VALUE"'], {
      env: { BASH_ENV: file },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"], // a bash whose input is a socket takes itself for rshd's, and reads .bashrc instead
    }),
  ).toBe(value);
});

test("on Azure Pipelines every value is masked, then set as a secret; what the agent would print is refused", async () => {
  const { run, inputs } = await startCliSession({
    variables: { VALUE: "100%; a] b %0A", MULTI: "line-one\nline-two" },
  });
  const environment = { TF_BUILD: "True" };
  const refused = await run(["pull"], { environment });
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain(
    "MULTI: it has line breaks, which Azure Pipelines does not accept in a secret",
  );
  expect(refused.stdout).not.toContain("setvariable");

  const { code, stdout } = await run(["pull", "--variables", "VALUE"], { environment });
  expect(code).toBe(0);
  const commands = stdout.trim().split("\n").map(parseAzureCommand);
  const set = commands.findIndex(({ properties }) => properties.variable === "VALUE");
  expect(commands[set]).toEqual({
    action: "task.setvariable",
    properties: { variable: "VALUE", issecret: "true" },
    data: "100%; a] b %0A",
  });
  const masks = commands
    .slice(0, set)
    .filter(({ action }) => action === "task.setsecret")
    .map(({ data }) => data);
  expect(masks).toEqual(expect.arrayContaining(["100%; a] b %0A", inputs["api-token"]]));
});

test("on Azure Pipelines mask works after the pull, although the agent masks and leak-check is off", async () => {
  const { run, left, job } = await startCliSession();
  const environment = { TF_BUILD: "True", SECRET_STASH_LEAK_CHECK: "off" };
  expect((await run(["pull"], { environment })).code).toBe(0);
  const { code, stdout } = await run(["mask"], {
    environment: { ...environment, SECRET_STASH_SESSION_DIR: join(job.temp, "tmp", left()[0] ?? "") },
    input: "a plain-secret-value\n",
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "a ***\n" });
});

test("no value breaks out of an Azure command", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (value) => {
      const settings = { decodesPercents: true, allowsMultiLine: true };
      if (/\$\([^)]+\)/.test(value)) return;
      const lines = formatAzureVariables(new Map([["NAME", value.toWellFormed()]]), settings)
        .trimEnd()
        .split("\n");
      expect(lines).toHaveLength(1);
      expect(parseAzureCommand(lines[0] ?? "").data.trimEnd()).toBe(value.toWellFormed().trimEnd());
    }),
  );
});

/** As the agent reads a line (azure-pipelines-agent, Command.cs and CommandStringConvertor.cs). */
function parseAzureCommand(line: string): {
  action: string;
  properties: Record<string, string>;
  data: string;
} {
  const header = line.slice(line.indexOf("##vso[") + 6, line.indexOf("]"));
  const [action = "", list = ""] = header.split(" ", 2);
  const decode = (text: string) =>
    text
      .replaceAll("%3B", ";")
      .replaceAll("%0D", "\r")
      .replaceAll("%0A", "\n")
      .replaceAll("%5D", "]")
      .replaceAll("%AZP25", "%");
  const properties = list
    .split(";")
    .filter(Boolean)
    .map((pair) => pair.split("=", 2).map(decode));
  return {
    action,
    properties: Object.fromEntries(properties),
    data: decode(line.slice(line.indexOf("]") + 1)),
  };
}
