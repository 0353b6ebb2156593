import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/broker/policy/config.ts";
import { judge, matches, nearest } from "../../src/broker/policy/verdict.ts";

const policy = (rules: string, more = "") => `version: 1
audience: https://broker.acme.example
service: { api-token-file: /run/credentials/token, key-dir: /run/credentials/device }
store: sqlite:/var/lib/secret-stash-broker/broker.db
issuers:
  github: { type: github, url: https://token.actions.githubusercontent.com }
  gitlab: { type: gitlab, url: https://gitlab.com, max-age: 20m }
  circle: { type: circleci, url: https://oidc.circleci.com/org/1 }
  kite: { type: buildkite, url: https://agent.buildkite.com }
${more}rules:
${rules}`;
const rule = (
  when: string,
  { issuer = "github", grant = "{ application: app_1, environments: [production] }" } = {},
) => `  - name: deploy\n    issuer: ${issuer}\n    when: ${when}\n    grant: ${grant}\n`;

const deploy = rule(
  '{ repository_owner_id: "65", repository_id: "74", ref: refs/heads/main, environment: production, event_name: [push, workflow_dispatch] }',
);
const token = {
  repository_owner_id: "65",
  repository_id: "74",
  ref: "refs/heads/main",
  environment: "production",
  event_name: "push",
};
const load = (text: string) => parseConfig(text, "broker.yaml");
const judgeWith = (text: string, claims: Record<string, unknown>, issuer: "github" | "gitlab" = "github") =>
  judge(load(text).rules, issuer, issuer, claims);

test("the policy of the documentation is read, with its defaults", () => {
  const { rules, issuers, cache, listen } = load(policy(deploy));
  expect(rules[0]?.grant).toEqual({
    ...{ application: "app_1", environments: ["production"], ttl: 15, register: false, keysPerJob: 1 },
    variables: undefined,
  });
  expect(rules[0]?.when.get("event_name")).toEqual(["push", "workflow_dispatch"]);
  expect(issuers.get("gitlab")).toMatchObject({ maxAge: 1200, maxLifetime: 86_400 });
  expect({ cache, listen }).toEqual({ cache: 30, listen: { host: "127.0.0.1", port: 8420 } });
});

test("every scalar is its text: a branch called 1.10, an id with a leading zero, yes", () => {
  const { rules } = load(policy(rule("{ repository_id: 007, ref: 1.10, actor: yes }")));
  expect([...(rules[0]?.when ?? [])]).toEqual([
    ["repository_id", ["007"]],
    ["ref", ["1.10"]],
    ["actor", ["yes"]],
  ]);
});

describe("refused when it is loaded, with line and column", () => {
  test.each<[string, string, RegExp]>([
    [
      "a setting that is not there",
      policy(deploy, "cahce: 30s\n"),
      /broker\.yaml:10:\d+: there is no setting cahce/,
    ],
    ["a setting twice", policy(deploy, "store: sqlite:x\n"), /broker\.yaml:10:1: Map keys must be unique/],
    [
      "no rules",
      policy("").replace("rules:\n", "rules: []\n"),
      /broker\.yaml:10:8: rules: there are no rules/,
    ],
    ["a missing setting", policy(deploy).replace(/audience: .*\n/, ""), /audience is missing/],
    [
      "an address with http",
      policy(deploy).replace("https://gitlab.com", "http://gitlab.com"),
      /:7:\d+: issuers\.gitlab\.url: it is not an address/,
    ],
    [
      "an audience with a slash at the end",
      policy(deploy).replace("acme.example", "acme.example/"),
      /audience: it is not an address/,
    ],
    ["two rules of one name", policy(deploy + deploy), /another rule is called deploy/],
    [
      "an issuer that is not there",
      policy(rule("{ repository_id: 1, ref: x }", { issuer: "githab" })),
      /there is no issuer githab/,
    ],
    [
      "sub",
      policy(rule("{ repository_id: 1, ref: x, sub: a }")),
      /:\d+:\d+: rule deploy: sub cannot be used/,
    ],
    [
      "a claim of another system",
      policy(rule("{ project_id: 1, ref: x }")),
      /tokens of github have no claim project_id/,
    ],
    [
      "no immutable id",
      policy(rule("{ repository: acme/app, ref: x }")),
      /must name a project by a permanent id/,
    ],
    [
      "an id and no ref",
      policy(rule("{ repository_id: 1, environment: production }")),
      /open to every branch/,
    ],
    ["a ref with *", policy(rule("{ repository_id: 1, ref: refs/heads/* }")), /open to every branch/],
    [
      "one of two refs with *",
      policy(rule("{ repository_id: 1, ref: [x, refs/heads/*] }")),
      /open to every branch/,
    ],
    ["an owner and a ref", policy(rule("{ repository_owner_id: 1, ref: x }")), /open to all of its projects/],
    [
      "an owner and a workflow at any ref",
      policy(rule("{ repository_owner_id: 1, job_workflow_ref: a/b/c.yml@* }")),
      /open to all/,
    ],
    ["* in an id", policy(rule('{ repository_id: "1*", ref: x }')), /\* is allowed only in ref/],
    ["an empty list", policy(rule("{ repository_id: [], ref: x }")), /the list is empty/],
    ["no conditions", policy(rule("{}")), /there are no conditions/],
    [
      "a branch on GitLab by a name that a tag can have",
      policy(rule("{ project_id: 1, ref: main }", { issuer: "gitlab" })),
      /ref_path without \*, or ref with ref_type without \*/,
    ],
    [
      "GitLab without a project",
      policy(rule("{ ref_path: x }", { issuer: "gitlab" })),
      /must name a project by a permanent id/,
    ],
    ["GitLab without a ref", policy(rule("{ project_id: 1 }", { issuer: "gitlab" })), /open to every branch/],
    [
      "CircleCI without what tells a fork",
      policy(
        rule("{ oidc.circleci.com/project-id: 1, oidc.circleci.com/vcs-ref: refs/heads/main }", {
          issuer: "circle",
        }),
      ),
      /open to forks\. Add oidc\.circleci\.com\/vcs-origin/,
    ],
    [
      "CircleCI without a ref",
      policy(
        rule("{ oidc.circleci.com/project-id: 1, oidc.circleci.com/vcs-origin: github.com/acme/app }", {
          issuer: "circle",
        }),
      ),
      /open to every branch/,
    ],
    [
      "Buildkite without a branch",
      policy(rule("{ organization_id: o, pipeline_id: p }", { issuer: "kite" })),
      /open to every branch/,
    ],
    [
      "a workflow whose ref is open before the last @",
      policy(rule("{ repository_id: 1, job_workflow_ref: a/b/c.yml@refs/heads/*@v1 }")),
      /open to every branch/,
    ],
    [
      "a condition by a name that readers drop",
      policy(rule("{ repository_id: 1, ref: x, constructor: y }")),
      /no setting constructor/,
    ],
    [
      "the same, quoted",
      policy(rule('{ repository_id: 1, ref: x, "__proto__": y }')),
      /no setting __proto__/,
    ],
    [
      "what is left out, and then brought back by a pattern",
      policy(
        rule("{ repository_id: 1, ref: x }", {
          grant: '{ application: a, environments: [p], variables: "!DB_PASSWORD, DB_*" }',
        }),
      ),
      /"DB_\*" can bring back what "!DB_PASSWORD" leaves out/,
    ],
    [
      "keys of a variable",
      policy(
        rule("{ repository_id: 1, ref: x }", {
          grant: "{ application: a, environments: [p], variables: DB.URL }",
        }),
      ),
      /a policy chooses whole variables/,
    ],
    ["an alias", policy(deploy, "cache: &c 30s\npins: *c\n"), /broker\.yaml:11:7: a policy has no aliases/],
    ["a tag", policy(deploy, "cache: !!int 30s\n"), /broker\.yaml:10:\d+: /],
    [
      "an audience in capitals",
      policy(deploy).replace("broker.acme", "BROKER.acme"),
      /audience: it is not an address/,
    ],
    [
      "an audience with the usual port",
      policy(deploy).replace("acme.example", "acme.example:443"),
      /audience: it is/,
    ],
    ["a max-age of a year", policy(deploy).replace("20m", "9000h"), /must be at most 24h/],
    [
      "an issuer at http: without the flag for tests",
      policy(deploy).replace("https://gitlab.com", "http://127.0.0.1:1"),
      /an issuer's url must be https/,
    ],
    [
      "two issuers of one address",
      policy(deploy).replace("https://gitlab.com", "https://agent.buildkite.com"),
      /another issuer has the same url/,
    ],
    [
      "a public side without TLS off loopback",
      policy(deploy, "listen: 0.0.0.0:8420\n"),
      /:10:\d+: must be a loopback address without tls/,
    ],
    [
      "a private side off loopback without a token",
      policy(deploy, "private: 0.0.0.0:8421\ntls: { cert-file: a, key-file: b }\n"),
      /must be a loopback address, or tls/,
    ],
    [
      "a proxy that is no address",
      policy(deploy, "trusted-proxies: [lb.internal]\n"),
      /an address or a network/,
    ],
    ["a pin that is no fingerprint", policy(deploy, "pins: { app_1/production: abc }\n"), /pins/],
    [
      "register with variables",
      policy(
        rule("{ repository_id: 1, ref: x }", {
          grant: "{ application: a, environments: [p], variables: DB_*, register: true }",
        }),
      ),
      /register would store the DEK of everything/,
    ],
    [
      "a TTL of two hours",
      policy(
        rule("{ repository_id: 1, ref: x }", { grant: "{ application: a, environments: [p], ttl: 120 }" }),
      ),
      /must be at most 60/,
    ],
    [
      "Buildkite without its organisation",
      policy(rule("{ pipeline_id: 1, build_branch: main }", { issuer: "kite" })),
      /organization_id with pipeline_id/,
    ],
    [
      "variables that rename",
      policy(
        rule("{ repository_id: 1, ref: x }", {
          grant: "{ application: a, environments: [p], variables: DB_URL as URL }",
        }),
      ),
      /rule deploy: "DB_URL as URL": a policy chooses names/,
    ],
    [
      "variables that give nothing",
      policy(
        rule("{ repository_id: 1, ref: x }", {
          grant: '{ application: a, environments: [p], variables: "!X" }',
        }),
      ),
      /no rule includes anything/,
    ],
    ["an alias", `${policy(deploy).replace("- name: deploy", "- &a\n    name: deploy")}  - *a\n`, /.+/],
  ])("%s", (_, text, expected) => {
    expect(() => load(text)).toThrow(expected);
    expect(() => load(text)).toThrow(expect.objectContaining({ code: "policy_invalid" }));
  });

  test.each([
    [
      "an owner with an exact reusable workflow",
      rule("{ repository_owner_id: 1, job_workflow_ref: a/b/.github/workflows/c.yml@refs/tags/v1 }"),
    ],
    [
      "CircleCI",
      rule(
        "{ oidc.circleci.com/project-id: p, oidc.circleci.com/vcs-origin: github.com/acme/app, oidc.circleci.com/vcs-ref: refs/heads/main }",
        {
          issuer: "circle",
        },
      ),
    ],
    ["Buildkite", rule("{ organization_id: o, pipeline_id: p, build_branch: main }", { issuer: "kite" })],
    [
      "GitLab",
      rule('{ project_id: "20", ref_path: refs/heads/main, ref_protected: "true" }', { issuer: "gitlab" }),
    ],
  ])("negative control: %s is a policy", (_, text) => {
    expect(load(policy(text)).rules).toHaveLength(1);
  });
});

describe("a token", () => {
  test("that meets every condition matches", () => {
    expect(judgeWith(policy(deploy), token)[0]).toMatchObject({ isMatch: true });
  });

  test.each(Object.keys(token))("without %s, or with another one, does not", (claim) => {
    const { [claim as keyof typeof token]: _, ...without } = token;
    for (const claims of [
      without,
      { ...token, [claim]: "x" },
      { ...token, [claim]: { toString: () => "74" } },
    ]) {
      const [verdict] = judgeWith(policy(deploy), claims);
      expect(verdict?.isMatch).toBe(false);
      expect(verdict?.conditions.filter(({ isMet }) => !isMet).map((condition) => condition.claim)).toEqual([
        claim,
      ]);
    }
  });

  test("whose text is a part of the wanted one, or the wanted one a part of it, does not match", () => {
    for (const ref of [
      "refs/heads/mai",
      "refs/heads/main2",
      "xrefs/heads/main",
      "refs/heads/main\n",
      "REFS/heads/main",
    ]) {
      expect(judgeWith(policy(deploy), { ...token, ref })[0]?.isMatch).toBe(false);
    }
  });

  test.each(["pull_request", "pull_request_target", "workflow_run"])(
    "of the event %s needs a rule that names it",
    (event) => {
      const claims = { ...token, event_name: event };
      const open = rule('{ repository_id: "74", ref: refs/heads/main }');
      expect(judgeWith(policy(open), claims)[0]).toMatchObject({
        isMatch: false,
        refusal: expect.stringContaining(event),
      });
      expect(judgeWith(policy(open), token)[0]?.isMatch).toBe(true); // control
      const named = rule(`{ repository_id: "74", ref: refs/heads/main, event_name: ${event} }`);
      expect(judgeWith(policy(named), claims)[0]?.isMatch).toBe(true);
    },
  );

  describe("of GitLab", () => {
    const when = '{ project_id: "20", ref_path: refs/heads/main }';
    const claims = {
      project_id: "20",
      job_project_id: "20",
      ref_path: "refs/heads/main",
      pipeline_source: "push",
    };
    const judgeGitLab = (conditions: string, changes: Record<string, unknown>) =>
      judgeWith(policy(rule(conditions, { issuer: "gitlab" })), { ...claims, ...changes }, "gitlab")[0];

    test("negative control: a push is granted, and a schedule", () => {
      expect(judgeGitLab(when, {})?.isMatch).toBe(true);
      expect(judgeGitLab(when, { pipeline_source: "schedule" })?.isMatch).toBe(true);
      expect(judgeGitLab(when, { job_project_id: undefined })?.isMatch).toBe(true);
    });

    test.each<[string, Record<string, unknown>, string, string]>([
      ["a fork", { job_project_id: "99" }, "fork", ', job_project_id: "99"'],
      [
        "a merge request, whose ref is the source branch's name",
        { pipeline_source: "merge_request_event" },
        "merge_request_event",
        ", pipeline_source: merge_request_event",
      ],
      [
        "an external pull request",
        { pipeline_source: "external_pull_request_event" },
        "external_pull_request_event",
        ", pipeline_source: external_pull_request_event",
      ],
      [
        "a child of whatever",
        { pipeline_source: "parent_pipeline" },
        "parent",
        ", pipeline_source: parent_pipeline",
      ],
    ])("%s needs a rule that names it", (_, changes, refusal, condition) => {
      expect(judgeGitLab(when, changes)).toMatchObject({
        isMatch: false,
        refusal: expect.stringContaining(refusal),
      });
      expect(judgeGitLab(when.replace(" }", `${condition} }`), changes)?.isMatch).toBe(true);
    });

    test("a child pipeline is granted what a rule keeps to protected refs", () => {
      const conditions = when.replace(" }", ', ref_protected: "true" }');
      const changes = { pipeline_source: "parent_pipeline", ref_protected: "true" };
      expect(judgeGitLab(conditions, changes)?.isMatch).toBe(true);
      expect(judgeGitLab(conditions, { ...changes, pipeline_source: "merge_request_event" })?.isMatch).toBe(
        false,
      );
    });

    test("a token that does not say what started it is refused", () => {
      expect(judgeGitLab(when, { pipeline_source: undefined })?.refusal).toContain(
        "what started the pipeline",
      );
    });
  });

  test("of a tag on Buildkite, whose name passes for a branch, needs a rule that names it", () => {
    const when = "{ organization_id: o, pipeline_id: p, build_branch: main }";
    const claims = { organization_id: "o", pipeline_id: "p", build_branch: "main" };
    const judgeKite = (conditions: string, changes = {}) =>
      judge(load(policy(rule(conditions, { issuer: "kite" }))).rules, "kite", "buildkite", {
        ...claims,
        ...changes,
      })[0];
    expect(judgeKite(when)?.isMatch).toBe(true);
    expect(judgeKite(when, { build_tag: "" })?.isMatch).toBe(true);
    expect(judgeKite(when, { build_tag: "main" })?.refusal).toContain("build_tag");
    expect(judgeKite(when.replace(" }", ", build_tag: main }"), { build_tag: "main" })?.isMatch).toBe(true);
  });

  test.each<[string, unknown]>([
    ["no event", undefined],
    ["a list of events", ["push", "pull_request_target"]],
  ])("with %s is refused, unless the rule names the event", (_, event) => {
    const open = rule('{ repository_id: "74", ref: refs/heads/main }');
    expect(judgeWith(policy(open), { ...token, event_name: event })[0]?.refusal).toContain("which event");
  });

  test.each<[string, unknown, string]>([
    ["a number in another notation", 1e1, "10.0"],
    ["a fraction", 1.5, "1.5"],
    ["a number of too many digits", 2 ** 53, "9007199254740992"],
    ["a list where there is none", ["99", "74"], "74"],
    ["an object", { toString: "74" }, "74"],
  ])("%s is not the text that it may look like", (_, value, text) => {
    const when = `{ repository_id: "${text}", ref: refs/heads/main }`;
    expect(judgeWith(policy(rule(when)), { ...token, repository_id: value })[0]?.isMatch).toBe(false);
  });

  test("a list is a list where the system has one: one element is enough, and no comma joins two", () => {
    const when = '{ project_id: "20", ref_path: refs/heads/main, groups_direct: [acme/ops] }';
    const claims = { project_id: "20", ref_path: "refs/heads/main", pipeline_source: "push" };
    const judgeGroups = (groups: unknown) =>
      judgeWith(policy(rule(when, { issuer: "gitlab" })), { ...claims, groups_direct: groups }, "gitlab")[0]
        ?.isMatch;
    expect(judgeGroups(["acme/dev", "acme/ops"])).toBe(true);
    expect(judgeGroups(["acme/dev, acme/ops"])).toBe(false);
    expect(judgeGroups([["acme/ops"]])).toBe(false);
  });

  test("the nearest rule is the one of which the most holds", () => {
    const other = deploy.replace("deploy", "far").replace('"74"', '"75"').replace("main", "other");
    const verdicts = judgeWith(policy(other + deploy), { ...token, environment: "staging" });
    expect(nearest(verdicts)?.rule.name).toBe("deploy");
  });

  test("claims by the names of an object's own methods are not there", () => {
    expect(
      judgeWith(
        policy(rule("{ repository_id: 1, ref: x, actor: y }")),
        Object.create({ repository_id: "1" }),
      )[0]?.isMatch,
    ).toBe(false);
  });
});

describe("*", () => {
  test.each([
    ["refs/heads/*", "refs/heads/main", true],
    ["refs/heads/*", "refs/heads/a/b", false],
    ["refs/*/main", "refs/heads/main", true],
    ["refs/*/main", "refs/heads/x/main", false],
    ["v*.*", "v1.2", true],
    ["v*.*", "v12", false],
    ["*", "", true],
    ["*", "/", false],
    ["a*b*c", "aXbYc", true],
    ["a*a", "a", false],
    ["a|b", "a", false],
    [".*", "x", false],
  ])("%s and %s: %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test("means what a regular expression with [^/]* means", () => {
    const words = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 8 });
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 10 });
    fc.assert(
      fc.property(words, texts, (pattern, text) => {
        const expression = new RegExp(
          `^${pattern
            .split("*")
            .map((part) => part.replaceAll("/", "\\/"))
            .join("[^/]*")}$`,
        );
        expect(matches(pattern, text)).toBe(expression.test(text));
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 2000) },
    );
  });
});
