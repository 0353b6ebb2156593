import { hash } from "node:crypto";
import { readNamedFile } from "../lib/safe-file.ts";

// Each of these can also be set by a later step of the job, through GITHUB_ENV. So what main used is remembered, and post uses that.
const proxyVariables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"];
const authorityVariables = ["NODE_USE_SYSTEM_CA", "NODE_EXTRA_CA_CERTS"];

/** The way to the service that a stage took: its proxies, and what identifies the authorities that it trusted. */
export interface Network {
  /** the variables that name proxies; a value can hold a password */
  proxies: Record<string, string>;
  /** hash of the certificates in `ca-file`; empty if there is none */
  caFile: string;
  /** hash of what Node takes its other authorities from */
  inherited: string;
}

/** Describes the way to the service, for a later stage to compare. A file that cannot be read counts as empty. */
export function describeNetwork(environment: NodeJS.ProcessEnv, caFile: string): Network {
  const proxies = proxyVariables.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  const usesSystem =
    /--use-(openssl|system)-ca/.test(environment.NODE_OPTIONS ?? "") || environment.NODE_USE_SYSTEM_CA;
  const inherited = authorityVariables.map((name) => environment[name] ?? "");
  inherited.push(contentOf(environment.NODE_EXTRA_CA_CERTS ?? ""));
  // Node reads these two only if it takes the system's authorities.
  const { SSL_CERT_FILE: systemFile = "", SSL_CERT_DIR: systemFolder = "" } = usesSystem ? environment : {};
  inherited.push(systemFile, contentOf(systemFile), systemFolder);
  return {
    proxies: Object.fromEntries(proxies),
    caFile: caFile === "" ? "" : hash("sha256", contentOf(caFile)),
    inherited: hash("sha256", JSON.stringify(inherited)),
  };
}

function contentOf(path: string): string {
  try {
    return path === "" ? "" : readNamedFile(path).toString("latin1");
  } catch {
    return "";
  }
}
