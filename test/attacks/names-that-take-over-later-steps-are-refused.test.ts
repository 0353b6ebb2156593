import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dangerOf } from "../../src/select/dangerous-names.ts";
import { dangerousNames, harmless, harmlessWhenNamed } from "../../src/select/refused-names.ts";
import { readNameRows } from "../docs/tables.ts";
import { actionRoot } from "../runner/job.ts";
import { failingMain, startSession } from "../support/session.ts";

// Attack 12: the service chooses names. One that a program reads as its configuration runs code in a later step.

const attacks = [
  ...[
    "npm_config_node_options",
    "NPM_CONFIG_SCRIPT_SHELL",
    "MAKEFLAGS",
    "NODE_PATH",
    "NODE_EXTRA_CA_CERTS",
    "HOME",
  ],
  ...[
    "XDG_CONFIG_HOME",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "SSL_CERT_FILE",
    "GCONV_PATH",
    "GIT_SSL_NO_VERIFY",
    "GOFLAGS",
  ],
  ...[
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
  ],
  ...[
    "YARN_RC_FILENAME",
    "PIP_CONFIG_FILE",
    "UV_PYTHON",
    "BUNDLE_GEMFILE",
    "BUNDLE_BUILD__NOKOGIRI",
    "COMPOSER_HOME",
  ],
  ...["GRADLE_OPTS", "MAVEN_OPTS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "DOTNET_STARTUP_HOOKS", "PYTHONHOME"],
  ...[
    "PHP_INI_SCAN_DIR",
    "PHPRC",
    "PERL5LIB",
    "RUBYLIB",
    "LESSOPEN",
    "PAGER",
    "EDITOR",
    "BROWSER",
    "SHELLOPTS",
    "PS4",
  ],
  ...[
    "PROMPT_COMMAND",
    "LD_PRELOAD",
    "PATH",
    "BASH_ENV",
    "BASH_FUNC_ls",
    "NODE_OPTIONS",
    "GIT_SSH_COMMAND",
    "TAR_OPTIONS",
  ],
  ...[
    "MAKEFILES",
    "NODE_TEST_CONTEXT",
    "SSLKEYLOGFILE",
    "HOSTALIASES",
    "AWS_CONFIG_FILE",
    "KUBERNETES_SERVICE_HOST",
  ],
];

test.each(attacks)("%s", (name) => {
  expect(dangerOf(name)).toBe("takes over");
});

test("one of them is enough: nothing is exported, and the message names it and the ways out", async () => {
  const session = await startSession({
    variables: {
      API_KEY: "fine",
      npm_config_node_options: "--import=data:text/javascript,evil",
      PIP_INDEX_URL: "https://evil.example.test",
    },
  });
  const message = await failingMain(session);
  expect(message).toContain(
    "can take over later steps (leave them out with ignore, or add them to allow-names to export them anyway): npm_config_node_options",
  );
  expect(message).toContain("write them out in variables to export them: *, NAME): PIP_INDEX_URL");
  expect(message).toContain("[NAMES_REFUSED]");
  expect(message).not.toContain("evil");
});

describe("a credential in a family that is refused", () => {
  test.each([
    ...[
      "CARGO_REGISTRY_TOKEN",
      "CARGO_REGISTRIES_MINE_TOKEN",
      "BUNDLE_RUBYGEMS__PKG__GITHUB__COM",
      "GEM_HOST_API_KEY",
    ],
    ...["UV_PUBLISH_TOKEN", "POETRY_PYPI_TOKEN_PYPI", "YARN_NPM_AUTH_TOKEN", "NUGET_API_KEY", "CIRCLE_TOKEN"],
    ...["GITHUB_CLIENT_SECRET", "GIT_AUTHOR_NAME", "ANSIBLE_VAULT_PASSWORD"],
    ...["AWS_ACCESS_KEY_ID", "DATABASE_URL", "NPM_TOKEN", "NODE_ENV", "APP_KEY", "KUBE_TOKEN"], // in no family
  ])("%s passes, because no value of it runs or leads anything", (name) => {
    expect(dangerOf(name)).toBeUndefined();
  });

  const redirecting = [
    "PIP_INDEX_URL",
    "COMPOSER_AUTH",
    "DOCKER_HOST",
    "KUBECONFIG",
    "HTTPS_PROXY",
    "AWS_ENDPOINT_URL_S3",
  ];
  test("one that could lead somewhere else passes if variables names it, and not by a pattern", async () => {
    const session = await startSession({
      variables: Object.fromEntries(redirecting.map((name) => [name, `v-${name}`])),
    });
    expect(await session.step({ variables: redirecting.join(", ") }).main()).toBe(0);
    expect([...session.job.environment.keys()]).toEqual(expect.arrayContaining(redirecting));

    const byPattern = await startSession({ variables: { PIP_INDEX_URL: "v", OTHER: "w" } });
    expect(await failingMain(byPattern, { variables: "*, PIP_*" })).toContain("[NAMES_REFUSED]");
    const renamed = await startSession({ variables: { INDEX: "v" } });
    expect(await renamed.step({ variables: "INDEX as PIP_INDEX_URL" }).main()).toBe(0);
  });
});

test("every row has names and a reason, and no name is in two rows", () => {
  const source = readFileSync(join(actionRoot, "src/select/refused-names.ts"), "utf8");
  const lists = { dangerousNames, harmless, harmlessWhenNamed };
  for (const [name, rows] of Object.entries(lists)) {
    const read = readNameRows(source, name);
    expect(read.map(({ names }) => names.join(" "))).toEqual(rows);
    for (const { reason } of read) expect(reason.length).toBeGreaterThan(7);
    const names = rows.flatMap((row) => row.split(" "));
    expect(names.filter((one) => !/^[A-Z0-9_*]+$/.test(one))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  }
  const known = harmlessWhenNamed.flatMap((row) => row.split(" ")).map((name) => name.replaceAll("*", "X"));
  for (const name of known) expect(dangerOf(name), name).toBe("redirects"); // Otherwise the row would do nothing.
});
