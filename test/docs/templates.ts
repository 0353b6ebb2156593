import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inputVariable } from "../../src/inputs/defaults.ts";
import { strippedHashes } from "../build/runtime.ts";
import { type ActionManifest, actionRoot } from "../runner/job.ts";

// A template is a single file, because its users get nothing beside it. So what templates share is written into each of them: the parts in
// templates/parts, and the inputs of action.yml.

/** Not inputs of a component: what is secret comes from masked CI/CD variables, jobs have scripts of their own, no outputs, no summary page. */
const notInTemplates = [
  "api-token",
  "id-token",
  "grant-key",
  "run",
  "shell",
  "working-directory",
  "outputs",
  "summary",
];

/** Inputs that are read again at the end of a job. */
const atTheEnd = ["broker-url", "api-url", "revoke", "leak-check", "leak-ignore", "ca-file"];

const bundleInputs = {
  "bundle-path": "Folder of the bundle on the runner or in the image. Use it instead of bundle-url.",
  "bundle-url":
    "Address (https) of the archive with the bundle, which is attached to the release. CI variables and $SECRET_STASH_ARCH (x64 or arm64) may stand in it.",
  "bundle-sha256":
    "SHA-256 of the archive, in hex, or of several archives, for several architectures. It is checked before anything in the archive runs.",
  "bundle-header":
    'Header for the host of bundle-url, if it is a private registry: "JOB-TOKEN: $CI_JOB_TOKEN".',
  "bundle-cache": "Folder in which the archive is kept between jobs, for cache: in the job.",
};

// What ends a here-document early would be run as shell (attack 10).
const NO_END = "^([^#]|#+[^#;])*#*$";

/** The templates, by path, with everything written into them that is generated. */
export function writeTemplates(manifest: Pick<ActionManifest, "inputs">): [string, string][] {
  return globSync("templates/**/*.{yml,groovy}", { cwd: actionRoot })
    .sort()
    .map((path) => [path, fill(path, readFileSync(join(actionRoot, path), "utf8"), manifest)]);
}

function fill(path: string, text: string, manifest: Pick<ActionManifest, "inputs">): string {
  const inputs = Object.entries(manifest.inputs).filter(
    ([name]) => !notInTemplates.includes(name) && (path.includes("secret-stash/") || name !== "export-env"),
  );
  const all = [
    ...Object.entries(bundleInputs).map(([name, description]) => declared(name, description)),
    ...inputs.map(([name, { description }]) => declared(name, description)),
  ];
  const content: Record<string, () => string> = {
    inputs: () => all.join(""),
    "read inputs": () => inputs.map(([name]) => reading(`input ${variableEnd(name)} ${name}`, name)).join(""),
    "read inputs of the end": () =>
      atTheEnd.map((name) => reading(`input ${variableEnd(name)} ${name}`, name)).join(""),
    "read bundle inputs": () =>
      Object.entries(bundleVariables)
        .map(([name, variable]) => `${reading(`read ${name}`, name)}${variable}=$ss_value\n`)
        .join(""),
  };
  const known = text.replace(/SS_RUNTIMES='.*'/, `SS_RUNTIMES='${Object.values(strippedHashes).join(" ")}'`);
  return known.replace(/^( *)# begin (.+)\n[\s\S]*?^ *# end \2$/gm, (_, indent: string, name: string) => {
    const made = content[name]?.() ?? readFileSync(join(actionRoot, "templates/parts", name), "utf8");
    const escaped = path.endsWith(".groovy") ? made.replaceAll("\\", "\\\\") : made;
    const lines = escaped.trimEnd().replace(/^(?=.)/gm, indent);
    return `${indent}# begin ${name}\n${lines}\n${indent}# end ${name}`;
  });
}

const bundleVariables: Record<string, string> = {
  "bundle-path": "SS_BUNDLE",
  "bundle-url": "SS_URL",
  "bundle-sha256": "SS_SHA256",
  "bundle-header": "SS_HEADER",
  "bundle-cache": "SS_CACHE",
};

function variableEnd(name: string): string {
  return inputVariable(name).slice("SECRET_STASH_".length);
}

function declared(name: string, description: string): string {
  const lines = [`${name}:`, `  description: '${description.replaceAll("'", "''")}'`, "  default: ''"];
  const options = optionsOf(name, description);
  lines.push(
    options === undefined ? `  regex: '${NO_END}'` : `  options: [${["''", ...options].join(", ")}]`,
  );
  return `${lines.join("\n")}\n`;
}

/** The texts that an input may have; the default is not written out, so that a CI/CD variable can stand in. */
function optionsOf(name: string, description: string): string[] | undefined {
  if (/^Whether /.test(description)) return ["'true'", "'false'"];
  return name === "leak-check" ? ["'off'", "warn", "fail"] : undefined;
}

function reading(command: string, name: string): string {
  return `secret_stash_${command} <<'SECRET_STASH_END#;'\n$[[ inputs.${name} ]]\nSECRET_STASH_END#;\n`;
}
