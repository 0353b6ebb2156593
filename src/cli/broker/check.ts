import { readFileSync } from "node:fs";
import { BrokerError } from "../../broker/broker-error.ts";
import { decide, explain } from "../../broker/policy/decide.ts";
import { readPolicy } from "../../broker/policy/policy-file.ts";
import { systemCode } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Call, Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { testIssuersFlag, textOf, usageError } from "./options.ts";

export const check: Command = {
  usage: "broker check --policy broker.yaml (--claims FILE | --token FILE) [--environment ENV]",
  description:
    "Explains what every rule of a policy says to a job, claim by claim, for tests of policies in CI. The job is described by its claims as JSON, or " +
    "by a token, whose signature and times are not checked. Ends with exit code 0 if the job is granted something, or the environments that are " +
    "named, and with 4 if it is not. Without --claims and --token, only the policy itself is checked.",
  flags: {
    policy: { value: "FILE", description: "The policy. Default: broker.yaml" },
    claims: { value: "FILE", description: "The claims of a token as JSON; - for standard input." },
    token: {
      value: "FILE",
      description: "A token; - for standard input. It is secret until it has expired.",
    },
    issuer: {
      value: "NAME",
      description: "The issuer's name in the policy. Default: the one whose url is the claim iss.",
    },
    environment: {
      value: "ENV",
      description:
        "Environments that have to be granted, separated by commas; APPLICATION/ENV for one of several applications.",
    },
    ...testIssuersFlag,
  },
  operands: "none",
  runsOnOldNode: false,
  run: async (call) => {
    const file = textOf(call, "policy") ?? "broker.yaml";
    const { config, hash } = readPolicy(file, {
      insecureTestIssuers: call.flags.has("insecure-test-issuers"),
    });
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    say(`${printable(file)}: ${config.rules.length} rules, SHA-256 ${hash}`);
    const claims = readClaims(call);
    if (claims === undefined) return exitCodes.success;
    const named = textOf(call, "issuer");
    const [issuer, found] =
      [...config.issuers].find(([name, { url }]) =>
        named === undefined ? url === claims.iss : name === named,
      ) ?? [];
    if (issuer === undefined || found === undefined) {
      throw usageError("No issuer of the policy has the url that iss names. Name one: --issuer.");
    }
    const job = { issuer, type: found.type, claims };
    for (const line of explain(config.rules, job)) say(line);
    const wanted = (textOf(call, "environment") ?? "")
      .split(/[\s,]+/)
      .filter(Boolean)
      .map((name) => {
        const slash = name.lastIndexOf("/");
        return slash < 0
          ? { slug: name }
          : { application: name.slice(0, slash), slug: name.slice(slash + 1) };
      });
    if (wanted.length === 0)
      return isGrantedAnything(config.rules, job) ? exitCodes.success : exitCodes.refused;
    try {
      for (const { application, slug, rule } of decide(config.rules, job, wanted)) {
        say(`${printable(application)}/${printable(slug)} is granted by ${rule.name}`);
      }
      return exitCodes.success;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      say(error.message);
      return exitCodes.refused;
    }
  },
};

function isGrantedAnything(rules: Parameters<typeof decide>[0], job: Parameters<typeof decide>[1]): boolean {
  return rules.some(({ grant: { application, environments } }) =>
    environments.some((slug) => {
      try {
        return decide(rules, job, [{ application, slug }]).length > 0;
      } catch {
        return false;
      }
    }),
  );
}

function readClaims(call: Call): Record<string, unknown> | undefined {
  const [claims, token] = [textOf(call, "claims"), textOf(call, "token")];
  if (claims === undefined && token === undefined) return undefined;
  const text = read(claims ?? token ?? "");
  try {
    const json =
      claims === undefined
        ? Buffer.from(text.trim().split(".")[1] ?? "", "base64url").toString("utf8")
        : text;
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // The message of JSON.parse would quote the token.
  }
  throw usageError(
    claims === undefined
      ? "--token names no file with a token."
      : "--claims names no file with a JSON object.",
  );
}

function read(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw usageError(`${printable(path)} cannot be read (${systemCode(error)}).`);
  }
}
