import type { BlockList } from "node:net";
import * as v from "valibot";
import { isScalar, LineCounter, parseDocument, type Scalar, visit } from "yaml";
import { BrokerError } from "../broker-error.ts";
import type { IssuerType } from "./claims.ts";
import { type Endpoint, findExposed, toBlockList } from "./endpoints.ts";
import { findFaults, type Rule } from "./rule.ts";
import { settings } from "./settings.ts";
import { findMistakes } from "./variable-choice.ts";

/** Whose tokens are accepted, and how. */
export interface Issuer {
  type: IssuerType;
  /** exactly what tokens say in `iss` */
  url: string;
  /** where its keys are, if discovery is not to be used */
  jwksUrl?: string | undefined;
  /** seconds since `iat` up to which a token is taken */
  maxAge: number;
  /** seconds from `iat` to `exp` */
  maxLifetime: number;
}

/** `broker.yaml`, checked. */
export interface BrokerConfig {
  audience: string;
  listen: Endpoint;
  /** for metrics and the audit page */
  private: Endpoint;
  /** of both */
  tls?: { certFile: string; keyFile: string } | undefined;
  /** the file with the password of the private side; it may be without one on loopback only */
  privateTokenFile: string | undefined;
  /** addresses and networks of proxies whose header is believed: the one that they write, because they pass the others on as they come */
  trustedProxies: BlockList;
  proxyHeader: "forwarded" | "x-forwarded-for";
  /** how many requests of one address that no rule grants are refused with a row in the audit log, in a minute */
  refusalsPerMinute: number;
  /** seconds for which audit rows are kept */
  auditKeep: number;
  service: { apiUrl: string; apiTokenFile: string; keyDirectory: string; caFile: string };
  store: string;
  issuers: ReadonlyMap<string, Issuer>;
  rules: readonly Rule[];
  /** `application/environment` -> the fingerprint of its DEK, or what the first grant sees */
  pins: ReadonlyMap<string, string> | "first-use";
  /** seconds for which fetched ciphertext is used again */
  cache: number;
}

const reserved = { ["__proto__"]: true, prototype: true, constructor: true };

type Path = readonly (string | number)[];

/**
 * Reads `broker.yaml`. Every scalar is its text (YAML 1.2.2, failsafe schema), because `ref: 1.10` is a branch and no number.
 *
 * @param name how errors call the file
 * @param insecureTestIssuers whether issuers may be at `http:` addresses on loopback
 * @throws {BrokerError} `policy_invalid` with every fault, each with its line and column
 */
export function parseConfig(
  content: string,
  name: string,
  { insecureTestIssuers = false }: { insecureTestIssuers?: boolean } = {},
): BrokerConfig {
  const lines = new LineCounter();
  const document = parseDocument(content, {
    schema: "failsafe",
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const faults: string[] = [];
  const at = (offset: number | undefined, reason: string) => {
    const { line, col } = lines.linePos(offset ?? 0);
    faults.push(`${name}:${line}:${col}: ${reason}`);
  };
  for (const { pos, message } of [...document.errors, ...document.warnings]) at(pos[0], message);
  if (faults.length > 0) throw invalid(faults);
  visit(document, {
    Alias: (_, { range }) => at(range?.[0], "a policy has no aliases (*name)"),
    // valibot leaves these out of a record without a word.
    Pair: (_, { key }) => {
      const name = isScalar(key) ? String(key.value) : "";
      if (Object.hasOwn(reserved, name)) at((key as Scalar).range?.[0], `there is no setting ${name}`);
    },
  });
  if (faults.length > 0) throw invalid(faults);
  const report = (path: Path, reason: string) => at(offsetOf(document, path), reason);

  const { success, output, issues } = v.safeParse(settings, document.toJS());
  if (!success) {
    for (const issue of issues) {
      const path = (issue.path ?? []).map(({ key }) => key as string | number);
      const isUnknown = issue.type === "strict_object" && issue.expected === "never";
      const isMissing = issue.received === "undefined";
      const where = path.join(".");
      report(
        path,
        isUnknown
          ? `there is no setting ${where}`
          : isMissing
            ? `${where} is missing`
            : `${where}: ${issue.message}`,
      );
    }
    throw invalid(faults);
  }
  for (const { path, reason } of findExposed(output, insecureTestIssuers)) report(path, reason);
  const issuers = new Map(Object.entries(output.issuers));
  const names = new Set<string>();
  const rules = output.rules.map((given, index): Rule => {
    const path = ["rules", index];
    if (names.has(given.name)) report([...path, "name"], `another rule is called ${given.name}`);
    names.add(given.name);
    const when = new Map(Object.entries(given.when));
    const from = issuers.get(given.issuer);
    if (from === undefined) report([...path, "issuer"], `there is no issuer ${given.issuer}`);
    else {
      for (const { claim, reason } of findFaults(when, from.type)) {
        report(
          claim === undefined ? [...path, "when"] : [...path, "when", claim],
          `rule ${given.name}: ${reason}`,
        );
      }
    }
    if (given.grant.variables !== undefined) {
      for (const mistake of findMistakes(given.grant.variables)) {
        report([...path, "grant", "variables"], `rule ${given.name}: ${mistake}`);
      }
    }
    const { "keys-per-job": keysPerJob, ...grant } = given.grant;
    if (grant.register && grant.variables !== undefined) {
      report(
        [...path, "grant", "register"],
        `rule ${given.name}: register would store the DEK of everything, and variables gives less`,
      );
    }
    return { name: given.name, issuer: given.issuer, when, grant: { ...grant, keysPerJob } };
  });
  if (faults.length > 0) throw invalid(faults);
  return {
    audience: output.audience,
    listen: output.listen,
    private: output.private,
    tls: output.tls && { certFile: output.tls["cert-file"], keyFile: output.tls["key-file"] },
    privateTokenFile: output["private-token-file"],
    trustedProxies: toBlockList(output["trusted-proxies"]),
    proxyHeader: output["proxy-header"],
    refusalsPerMinute: output["refusals-per-minute"],
    auditKeep: output["audit-keep"],
    service: {
      apiUrl: output.service["api-url"],
      apiTokenFile: output.service["api-token-file"],
      keyDirectory: output.service["key-dir"],
      caFile: output.service["ca-file"] ?? "",
    },
    store: output.store,
    issuers: new Map(
      Array.from(issuers, ([key, given]) => [
        key,
        {
          type: given.type,
          url: given.url,
          jwksUrl: given["jwks-url"],
          maxAge: given["max-age"],
          maxLifetime: given["max-lifetime"],
        },
      ]),
    ),
    rules,
    pins: output.pins === "first-use" ? "first-use" : new Map(Object.entries(output.pins)),
    cache: output.cache,
  };
}

/** The name under which an environment stands in `pins`. */
export function pinName({ application, slug }: { application: string; slug: string }): string {
  return `${application}/${slug}`;
}

/** Where a setting is, or the nearest one around it that is there. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] } | null | undefined)?.range;
    if (range) return range[0];
  }
  return undefined;
}

function invalid(faults: readonly string[], cause?: unknown): BrokerError {
  const shown = faults.slice(0, 20);
  const more = faults.length > shown.length ? [`… and ${faults.length - shown.length} more`] : [];
  const list = [...shown, ...more].join("\n");
  const separator = faults.length > 1 ? "\n" : " ";
  return new BrokerError("policy_invalid", `The policy cannot be used.${separator}${list}`, { cause });
}
