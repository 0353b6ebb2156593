import { writeSync } from "node:fs";
import { resolve } from "node:path";
import { systemCode } from "../lib/errors.ts";
import { formatAzureMasks, formatAzurePlainVariable, formatAzureVariables } from "../format/azure.ts";
import type { Host } from "./host.ts";
import { createShellHost, type ShellOptions } from "./shell.ts";

const STDOUT = 1;
const RETRY_MS = 5;

/** Azure Pipelines: the agent masks what it is told, and gives secret variables to steps that map them by `env:`. */
export function createAzureHost(options: ShellOptions): Host {
  const { environment, session } = options;
  const settings = {
    decodesPercents: !/^false$/i.test(environment.DECODE_PERCENTS ?? ""),
    allowsMultiLine: /^true$/i.test(environment.SYSTEM_UNSAFEALLOWMULTILINESECRET ?? ""),
  };
  return {
    ...createShellHost(options),
    workspace: resolve(environment.BUILD_SOURCESDIRECTORY || "."),
    mask: async (secrets) => writeWhole(formatAzureMasks(secrets)),
    publish: ({ environment: variables }) => {
      if (variables.size === 0) return;
      const isOurs = (name: string) => name.startsWith("SECRET_STASH_");
      const plain = [...variables, ["SECRET_STASH_SESSION_DIR", session.path] as const].filter(([name]) =>
        isOurs(name),
      );
      const secret = new Map([...variables].filter(([name]) => !isOurs(name)));
      const text = formatAzureVariables(secret, settings); // refuses before anything is written
      writeWhole(plain.map(([name, value]) => formatAzurePlainVariable(name, value)).join("") + text);
    },
  };
}

/** Synchronous, so that masks are with the agent before what comes next. */
function writeWhole(text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written);
    } catch (error) {
      if (systemCode(error) !== "EAGAIN") throw error; // a pipe that Node made non-blocking, and that is full
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
