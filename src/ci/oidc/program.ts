import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { StashError, systemCode } from "../../lib/errors.ts";
import { isOwnVariable } from "../../lib/own-environment.ts";
import type { IdTokens } from "../host.ts";
import { pathOutside } from "../real-path.ts";

const PATIENCE_MS = 30_000;
const MAX_OUTPUT = 64 * 1024;

/** A program of the CI system's agent that prints a token for an audience. */
export interface TokenProgram {
  file: string;
  args(audience: string): string[];
}

/** circleci.com/docs, "Using OpenID Connect tokens with custom claims". */
export const circleCiProgram: TokenProgram = {
  file: "circleci",
  args: (audience) => ["run", "oidc", "get", "--claims", JSON.stringify({ aud: audience })],
};

/** buildkite.com/docs/agent, "buildkite-agent oidc". */
export const buildkiteProgram: TokenProgram = {
  file: "buildkite-agent",
  args: (audience) => ["oidc", "request-token", "--audience", audience],
};

/**
 * Tokens that a program of the system prints. It is looked for outside the workspace, where the job's own files cannot be taken for it, and gets
 * the environment that proves to the agent which job this is, without what is ours.
 */
export function tokensOfProgram(
  { file, args }: TokenProgram,
  {
    environment,
    workspace,
    cancelled,
  }: { environment: NodeJS.ProcessEnv; workspace: string; cancelled: AbortSignal },
): IdTokens {
  return {
    namesAudience: true,
    findFault: () => undefined,
    request: async (audience) => {
      const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !isOwnVariable(name)));
      env.PATH = pathOutside(workspace, environment.PATH ?? environment.Path ?? "");
      const token = await new Promise<string>((resolve, reject) => {
        const child = execFile(file, args(audience), {
          ...{ env, timeout: PATIENCE_MS, maxBuffer: MAX_OUTPUT, windowsHide: true, signal: cancelled },
          // Windows looks for a program in the working directory first, where a pull request can have put one (libuv/libuv#3888).
          cwd: dirname(process.execPath),
        });
        let output = "";
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
          output += text;
        });
        child.once("error", (error) =>
          reject(failed(file, `it could not be started (${systemCode(error)})`)),
        );
        child.once("close", (code) => {
          if (code === 0) resolve(output.trim());
          else
            reject(
              failed(file, code === null ? "it did not end in time" : `it ended with exit code ${code}`),
            );
        });
      });
      if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw failed(file, "what it printed is not a token");
      return token;
    },
  };
}

function failed(file: string, why: string): StashError {
  return new StashError(
    "ID_TOKEN_FAILED",
    `${file}, which gives this job its OIDC token, did not do so: ${why}. Check that the job runs on the system's own agent, that the agent is a current ` +
      `one, and that ${file} is in the PATH, outside the workspace.`,
  );
}
