import { writeSync } from "node:fs";
import { resolve } from "node:path";
import { formatAzureMasks, formatAzurePlainVariable, formatAzureVariables } from "../format/azure.ts";
import { untilReady } from "../lib/blocking-io.ts";
import type { Exporter, System } from "./host.ts";
import { createShellSystem, type ExporterOptions, type SystemOptions } from "./shell.ts";

const STDOUT = 1;

/** Azure Pipelines. The agent masks the strings that it is told. */
export function createAzureSystem(options: SystemOptions): System {
  const system = createShellSystem(options);
  const workspace = resolve(options.environment.BUILD_SOURCESDIRECTORY || ".");
  return {
    ...system,
    job: { ...system.job, workspace },
    log: { ...system.log, masking: "agent", mask: async (secrets) => writeWhole(formatAzureMasks(secrets)) },
  };
}

/** The agent passes secret variables to the steps that map them in `env:`. */
export function createAzureExporter({ environment, session }: ExporterOptions): Exporter {
  const settings = {
    decodesPercents: !/^false$/i.test(environment.DECODE_PERCENTS ?? ""),
    allowsMultiLine: /^true$/i.test(environment.SYSTEM_UNSAFEALLOWMULTILINESECRET ?? ""),
  };
  return {
    refusedNames: [],
    publish: ({ environment: variables, plainNames }) => {
      if (variables.size === 0) return;
      const isOurs = ([name]: readonly [string, string]) =>
        name.startsWith("SECRET_STASH_") || plainNames.has(name);
      const secret = formatAzureVariables(
        new Map([...variables].filter((entry) => !isOurs(entry))),
        settings,
      );
      const plain = [...variables, ["SECRET_STASH_SESSION_DIR", session.path] as const]
        .filter(isOurs)
        .map(([name, value]) => formatAzurePlainVariable(name, value));
      writeWhole(plain.join("") + secret); // Only after formatAzureVariables has refused nothing.
    },
  };
}

/** Writes synchronously, so that the agent has the masks before anything that comes next. */
function writeWhole(text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    written += untilReady(() => writeSync(STDOUT, bytes, written));
  }
}
