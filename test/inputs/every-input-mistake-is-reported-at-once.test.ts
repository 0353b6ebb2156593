import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

test("all of them in one error, without a single request", async () => {
  const session = await startSession();
  const message = await failingMain(session, {
    "api-token": "two words",
    "application-id": "",
    environment: "..",
    "api-url": "http://stash.example.test",
    ttl: "4",
    label: "x".repeat(256),
    "export-env": "yes",
    outputs: "1",
    variables: "\nDB_*, A as B as C\n!X as Y\nOK\nA[b",
    prefix: "1",
    "env-file": "folder/\nfile:json\nfile:yaml",
    "env-file-format": "toml",
    "min-mask-length": "-1",
    shell: "fish",
    unmasked: "A[",
    required: "FINE\nDB_*",
    "allow-names": "A-B",
    "environment-types": "prod",
    "on-missing-credentials": "hope",
    "keep-env-file": "no",
    revoke: "maybe",
    timeout: "0",
  });
  expect(message).toBe(
    [
      "The inputs are not valid:",
      "- api-token: holds white space or other characters that no token has. Paste it again.",
      "- application-id: is missing. Copy it from the application's page in SecretStash.",
      "- api-url: must be https, because over http others could read the token (http is accepted on loopback only)",
      "- timeout: must be a whole number of seconds from 1 to 3600",
      "- label: must be at most 255 characters",
      "- ttl: must be a whole number of minutes from 5 to 60",
      '- environment: line 1, "..": is not an id. Set it to an environment\'s slug, such as testing.',
      "- prefix: must consist of letters, digits and _, and not begin with a digit",
      '- environment-types: line 1, "prod": expected local, development, production, testing',
      '- variables: line 2, "A as B as C": expected NAME, !NAME, NAME? or NAME as OTHER, where NAME may contain *, ? and [a-z], or NAME.KEY for a key of a JSON object',
      '- variables: line 3, "!X as Y": a name that is left out cannot be renamed',
      '- variables: line 5, "A\\u{5b}b": a [ is not closed, or holds no valid range',
      '- required: line 2, "DB_*": expected a name, as it is after renaming',
      "- export-env: must be true or false",
      "- outputs: must be true or false",
      "- env-file-format: must be dotenv, json, yaml, shell, docker, github, phpdotenv, laravel, node-dotenv, python-dotenv, ruby-dotenv or docker-compose",
      '- env-file: line 1, "folder/": expected a path, or path:format with dotenv, json, yaml, shell, docker, github, phpdotenv, laravel, node-dotenv, python-dotenv, ruby-dotenv, docker-compose (and then rules, if it is not to hold everything)',
      '- env-file: line 3, "file:yaml": this file is already named above',
      "- keep-env-file: must be true or false",
      '- allow-names: line 1, "A-B": expected a name',
      '- unmasked: line 1, "A\\u{5b}": a [ is not closed, or holds no valid range',
      "- min-mask-length: must be a whole number of characters from 0 to 1000",
      "- shell: must be bash, sh, pwsh, python, or a command with {0} for the script",
      "- revoke: must be true or false",
      "- on-missing-credentials: must be fail or skip [INPUTS_INVALID]",
      "https://github.com/org/secret-stash-action/blob/v1/docs/errors.md#inputs_invalid",
    ].join("\n"),
  );
  expect(session.requests).toEqual([]);
});

test.each([
  ["ttl", "61", /minutes from 5 to 60/],
  ["ttl", "7.5", /whole number/],
  ["ttl", "1e1", /whole number/],
  ["timeout", "soon", /whole number of seconds/],
  ["api-url", "secretstash.cloud", /https address/],
  ["api-url", "ftp://stash.example.test", /https address/],
  ["api-url", "https://user:pass@stash.example.test", /bare address/],
  ["api-url", "https://stash.example.test/?x=1", /bare address/],
  ["api-url", "https://stash.example.test/api/", /without \/api/],
  ["api-url", "http://127.0.0.1.example.test", /must be https/],
  ["environment", "a\u0007b", /is not an id/],
  ["environment", "ci, ci", /names one environment twice/],
])("%s: %j is refused", async (name, value, expected) => {
  const session = await startSession();
  expect(await failingMain(session, { [name]: value })).toMatch(expected);
});

test("a missing token is named with the remedy, and the token is masked before anything is said", async () => {
  const session = await startSession();
  expect(await failingMain(session, { "api-token": "" })).toMatch(
    /- api-token: is missing\. Create a token in SecretStash, and pass it from a secret\..*\[INPUTS_INVALID\]\n/,
  );
  const masked = await startSession();
  await failingMain(masked, { ttl: "1" });
  expect(masked.job.log.raw[0]).toBe(`::add-mask::${masked.account.apiToken}`);
});
