import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeProject, runPipeline } from "../gitlab/local-pipeline.ts";
import { startIssuer } from "../oidc-issuer/server.ts";
import { actionRoot, startJob } from "../runner/job.ts";
import { generateKeys } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";
import { askForGrant, startBroker } from "../support/broker.ts";

// Jobs with nothing stored in CI: a key broker gives them access by their OIDC tokens. The issuers stand in for GitHub and GitLab; the service, the
// broker and the jobs are real. It needs neither network nor account, and ends by itself.

const heading = (text: string) => console.log(`\n\u001b[1m${text}\u001b[0m`);
const indent = (text: string) => text.trimEnd().replace(/^/gm, "  ");
const variables = {
  STRIPE_KEY: "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
  DB_URL: "postgres://app:p%40ss-w0rd@db.example.test:5432/app",
  DB_PASSWORD: "p@ss-w0rd",
};
const folder = mkdtempSync(join(tmpdir(), "secret-stash-demo-"));
const [server, gitHub, gitLab] = await Promise.all([startStashServer(), startIssuer(), startIssuer()]);
const problems: string[] = [];
const check = (isRight: boolean, what: string) => {
  if (!isRight) problems.push(what);
};

try {
  heading("A SecretStash-compatible service, and a broker that has access to one environment");
  const [ownerKeys, brokerKeys, thiefKeys] = await Promise.all([
    generateKeys(),
    generateKeys(),
    generateKeys(),
  ]);
  const account = seedAccount(server.store, {
    ...{ environment: "production", type: "production", variables, ownerKeys, grantKeys: brokerKeys },
  });
  const { applicationId: application } = account;
  const rules = [
    `  - { name: deploy, issuer: github, when: { repository_id: "74", ref: refs/heads/main }, grant: { application: ${application}, environments: [production] } }`,
    `  - { name: migrate, issuer: gitlab, when: { project_id: "20", ref_path: refs/heads/main, ref_protected: "true" }, grant: { application: ${application}, environments: [production], variables: DB_* } }`,
  ].join("\n");
  const broker = await startBroker({
    ...{ account, apiUrl: server.url, rules, folder: join(folder, "broker") },
    key: { id: account.grantKeyId ?? 0, privateKey: brokerKeys.privateKey },
    issuers: { github: { type: "github", url: gitHub.url }, gitlab: { type: "gitlab", url: gitLab.url } },
  });
  console.log(indent(`${broker.url}, with these rules:\n${rules}`));

  const runGitHubJob = async (name: string, claims: Record<string, unknown>) => {
    const job = startJob(join(folder, name));
    const step = job.uses({ "broker-url": broker.url, environment: "production" }, gitHub.gitHubJob(claims));
    await step.pre();
    const code = await step.main();
    if (code === 0)
      await job.run(
        'env | grep -E "^(STRIPE_KEY|DB_)"; printf %s "$STRIPE_KEY" | base64; env | grep -c SECRET_STASH || true',
      );
    await step.post();
    console.log(indent(job.log.lines.join("\n")));
    check(readdirSync(job.temp).length + readdirSync(job.workspace).length === 0, `${name} left something`);
    check(
      !Object.values(variables).some((value) => job.log.lines.join("\n").includes(value)),
      `${name} showed a value`,
    );
    return code;
  };
  heading("A GitHub job on main: `with: { broker-url, environment }`, and `permissions: id-token: write`");
  check((await runGitHubJob("main", {})) === 0, "the job on main failed");
  heading("The same job on another branch is refused, and told which claim of which rule keeps it out");
  check(
    (await runGitHubJob("branch", { ref: "refs/heads/feature" })) !== 0,
    "the job on a branch was granted",
  );

  heading("A GitLab job, under gitlab-ci-local. Its rule gives DB_* and nothing else");
  const token = gitLab.gitLabToken(broker.url);
  const temp = join(folder, "temp");
  mkdirSync(temp);
  const pipeline = `
include:
  - local: templates/secret-stash/template.yml
    inputs: { environment: production, broker-url: "${broker.url}", bundle-path: "${join(actionRoot, "dist")}" }
migrate:
  extends: .secret-stash
  script:
    - 'echo "DB_URL=$DB_URL, DB_PASSWORD=$DB_PASSWORD, STRIPE_KEY=\${STRIPE_KEY-not there}"'
`;
  makeProject(join(folder, "project"), pipeline);
  // GitLab hands the token over because of the component's id_tokens; gitlab-ci-local cannot sign one.
  const ran = await runPipeline(join(folder, "project"), ["migrate"], {
    TMPDIR: temp,
    SECRET_STASH_ID_TOKEN: token,
  });
  const shown = ran.log.split("\n").filter((line) => /migrate .*>/.test(line) && !line.includes("$"));
  console.log(indent(shown.map((line) => line.replace(/^.*?> /, "")).join("\n")));
  check(ran.code === 0, "the GitLab job failed");
  check(ran.log.includes("STRIPE_KEY=not there"), "the GitLab job got more than its rule gives");
  check(
    readdirSync(temp).filter((name) => name.startsWith("secret-stash")).length === 0,
    "the GitLab job left something",
  );

  heading("Its token, stolen from the log of a proxy, with a key of the thief's own");
  const stolen = await askForGrant(broker.url, {
    token,
    public_key: thiefKeys.publicKey,
    environments: ["production"],
  });
  console.log(indent(`${stolen.status} ${JSON.stringify(stolen.body)}`));
  check(stolen.status === 409, "the stolen token was accepted");
  heading("A whole request, recorded and sent again after its job has ended");
  const recorded = {
    token: gitLab.gitLabToken(broker.url, { job_id: "303" }),
    ...{ public_key: thiefKeys.publicKey, environments: ["production"] },
  };
  const { grant, release } = (await askForGrant(broker.url, recorded)).body as Record<string, string>;
  await fetch(`${broker.url}/v1/grants/${grant}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${release}` },
  });
  const replayed = await askForGrant(broker.url, recorded);
  console.log(indent(`${replayed.status} ${JSON.stringify(replayed.body)}`));
  check(replayed.status === 409, "the replay was answered");

  heading("A GitHub job's token is for its own key alone, so it is not even looked at twice");
  const bound = gitHub.gitHubToken(`${broker.url}/sha256/${"0".repeat(64)}`);
  const other = await askForGrant(broker.url, {
    token: bound,
    public_key: thiefKeys.publicKey,
    environments: ["production"],
  });
  console.log(indent(`${other.status} ${JSON.stringify(other.body)}`));
  check(other.status === 401, "a token for another key was accepted");

  heading("What is stored in CI");
  console.log("  nothing: the environment of both jobs had no token and no key of SecretStash.");
  heading("What whoever runs the broker sees (the audit page, as text)");
  console.log(indent(textOf(await (await fetch(broker.privateUrl)).text())));
  check(await broker.stop().then((code) => code === 0), "the broker did not end by itself");
  if (problems.length > 0) throw new Error(`the demo did not go as it should: ${problems.join("; ")}`);
} finally {
  await Promise.all([server.close(), gitHub.close(), gitLab.close()]);
  rmSync(folder, { recursive: true, force: true });
}

/** The text of the page's rows, as a reader without a browser sees it. */
function textOf(page: string): string {
  const rows = page.match(/<li[\s\S]*?<\/li>/g) ?? [];
  const plain = (html: string) =>
    html
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll("&quot;", '"')
      .replaceAll("&#39;", "'")
      .replaceAll("&amp;", "&");
  return rows
    .map((row) =>
      plain(row)
        .split("\n")
        .map((line) => line.replaceAll(/\s+/g, " ").trim())
        .filter(Boolean)
        .join("\n  "),
    )
    .join("\n");
}
