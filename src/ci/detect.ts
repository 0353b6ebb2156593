import { dirname } from "node:path";
import { createAzureExporter, createAzureSystem } from "./azure.ts";
import { createCircleCiExporter, createCircleCiSystem } from "./circleci.ts";
import { createGitLabExporter, createGitLabSystem } from "./gitlab.ts";
import type { Exporter, Host, System } from "./host.ts";
import {
  createSessionState,
  createShellExporter,
  createShellSystem,
  type ExporterOptions,
  type SystemOptions,
} from "./shell.ts";

export type HostOptions = SystemOptions & Pick<ExporterOptions, "session" | "exportsTo">;

/** The CI system that this process runs on, for commands that open no session. */
export function detectSystem(options: SystemOptions): System {
  return adapterFor(options.environment, "file").createSystem(options);
}

/** The CI system that this process runs on, with a session directory for the state and the key directory. */
export function detectHost({ session, exportsTo, ...options }: HostOptions): Host {
  const { createSystem, createExporter } = adapterFor(options.environment, exportsTo);
  const system = createSystem(options);
  const { environment, log } = system;
  return {
    ...system,
    job: {
      ...system.job,
      temporaryDirectory: session.path,
      ownsTemporaryDirectory: true,
      leftoversDirectory: dirname(session.path),
    },
    state: createSessionState(session),
    exporter: createExporter({ environment, session, exportsTo, log }),
  };
}

interface Adapter {
  createSystem(options: SystemOptions): System;
  createExporter(options: ExporterOptions): Exporter;
}

const shell: Adapter = { createSystem: createShellSystem, createExporter: createShellExporter };
const gitLab: Adapter = { createSystem: createGitLabSystem, createExporter: createGitLabExporter };
const azure: Adapter = { createSystem: createAzureSystem, createExporter: createAzureExporter };
const circleCi: Adapter = { createSystem: createCircleCiSystem, createExporter: createCircleCiExporter };

/** By the variables that each system sets for its jobs. With `--format shell`, the shell that evaluates the output decides. */
function adapterFor(environment: NodeJS.ProcessEnv, exportsTo: "stdout" | "file"): Adapter {
  if (environment.GITLAB_CI !== undefined) return gitLab;
  if (exportsTo === "stdout") return shell;
  if (environment.TF_BUILD !== undefined) return azure;
  if (environment.CIRCLECI !== undefined) return circleCi;
  return shell;
}
