import { describe, expect, test } from "vitest";
import { decide, explain, type Job, type Wanted } from "../../src/broker/policy/decide.ts";
import type { Rule } from "../../src/broker/policy/rule.ts";

const rule = (name: string, when: Record<string, string[]>, grant: Partial<Rule["grant"]> = {}): Rule => ({
  name,
  issuer: "github",
  when: new Map(Object.entries(when)),
  grant: {
    application: "app_1",
    environments: ["production"],
    ttl: 15,
    register: false,
    keysPerJob: 1,
    ...grant,
  },
});
const onMain = { repository_id: ["74"], ref: ["refs/heads/main"] };
const job = (claims: Record<string, unknown> = {}): Job => ({
  issuer: "github",
  type: "github",
  claims: { repository_id: "74", ref: "refs/heads/main", event_name: "push", ...claims },
});
const granted = (rules: Rule[], wanted: Wanted[], claims = {}) =>
  decide(rules, job(claims), wanted).map(
    ({ application, slug, rule: { name } }) => `${application}/${slug} by ${name}`,
  );

test("the first rule that matches and names the environment grants it, whole", () => {
  const rules = [
    rule("other-branch", { ...onMain, ref: ["refs/heads/x"] }),
    rule("less", onMain, { variables: "DB_*" }),
    rule("all", onMain),
  ];
  expect(granted(rules, [{ slug: "production" }])).toEqual(["app_1/production by less"]);
});

test("several environments may be granted by several rules", () => {
  const rules = [rule("a", onMain, { environments: ["shared"] }), rule("b", onMain)];
  expect(granted(rules, [{ slug: "shared" }, { slug: "production" }])).toEqual([
    "app_1/shared by a",
    "app_1/production by b",
  ]);
});

describe("refused, all of it", () => {
  test.each<[string, Rule[], Wanted[], object, RegExp]>([
    [
      "one of two environments",
      [rule("a", onMain)],
      [{ slug: "production" }, { slug: "staging" }],
      {},
      /No rule grants "staging" to this job\. No rule for this CI system names it/,
    ],
    [
      "another application",
      [rule("a", onMain)],
      [{ application: "app_2", slug: "production" }],
      {},
      /No rule grants "production"/,
    ],
    [
      "another branch",
      [rule("a", onMain)],
      [{ slug: "production" }],
      { ref: "refs/heads/x" },
      /The nearest rule is a: ref is "refs\/heads\/x", and it wants "refs\/heads\/main"\./,
    ],
    [
      "a missing claim",
      [rule("a", { ...onMain, environment: ["p"] })],
      [{ slug: "production" }],
      {},
      /environment is missing, and it wants "p"/,
    ],
    [
      "a pull request",
      [rule("a", onMain)],
      [{ slug: "production" }],
      { event_name: "pull_request" },
      /Rule a: event_name is pull_request, which can run what others wrote/,
    ],
    [
      "two applications and none named",
      [rule("a", onMain), rule("b", onMain, { application: "app_2" })],
      [{ slug: "production" }],
      {},
      /of several applications \(app_1, app_2\)/,
    ],
    [
      "a rule of another issuer",
      [{ ...rule("a", onMain), issuer: "gitlab" }],
      [{ slug: "production" }],
      {},
      /No rule for this CI system/,
    ],
  ])("%s", (_, rules, wanted, claims, expected) => {
    const error = (() => {
      try {
        return decide(rules, job(claims as Record<string, unknown>), wanted);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: "policy_refused", message: expect.stringMatching(expected) });
  });
});

test("an explanation has a line for each claim, and a hostile one stays on its line", () => {
  const lines = explain([rule("deploy", onMain)], job({ ref: "x\n  yes repository_id: \u202eevil" }));
  expect(lines).toEqual([
    "deploy: does not match",
    '  yes repository_id: "74", wanted "74"',
    '  no  ref: "x\\n  yes repository_id: \ufffdevil", wanted "refs/heads/main"',
  ]);
});
