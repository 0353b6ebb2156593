import { readAuthorities } from "../../http/authorities.ts";
import { createConnection } from "../../http/connection.ts";
import { HttpError } from "../../http/http-error.ts";
import { request } from "../../http/request.ts";
import { StashError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { version } from "../../lib/version.ts";
import type { IdTokens, Log } from "../host.ts";

/** What a token of GitHub's needs from its surroundings. */
export interface TokenSurroundings {
  environment: NodeJS.ProcessEnv;
  cancelled: AbortSignal;
  log: Pick<Log, "info" | "debug">;
  /** why this run gets no secrets, if the system can tell */
  explainMissingSecrets(): string | undefined;
}

/**
 * Tokens of GitHub Actions. A job with `permissions: id-token: write` finds an address and a token for it in its environment, and asks there for a
 * token for any audience (docs.github.com, "OpenID Connect reference").
 */
export function tokensOfGitHub({
  environment,
  cancelled,
  log,
  explainMissingSecrets,
}: TokenSurroundings): IdTokens {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: token = "" } =
    environment;
  const findFault = () => {
    if (address !== "" && token !== "") return undefined;
    const why = explainMissingSecrets();
    return why === undefined
      ? new StashError(
          "ID_TOKEN_MISSING",
          "GitHub gives this job no OIDC token, so the key broker cannot tell who it is. Add to the job: permissions: { id-token: write, contents: " +
            "read }. In a reusable workflow, the calling job needs the permission, too.",
        )
      : new StashError(
          "FORK_WITHOUT_ID_TOKEN",
          `${why} It gets no OIDC token either. Set on-missing-credentials to skip to let such runs go on without the variables.`,
        );
  };
  return {
    namesAudience: true,
    findFault,
    request: async (audience, { timeoutSeconds, caFile }) => {
      const fault = findFault();
      const url = URL.parse(address);
      if (fault !== undefined) throw fault;
      if (url === null || !/^https?:$/.test(url.protocol))
        throw failed("ACTIONS_ID_TOKEN_REQUEST_URL is no address");
      const connection = createConnection({
        // "Can't issue ID_TOKEN for job in 'Pending' state": GitHub has not noticed yet that the job runs (actions/toolkit#1906 and others).
        peer: {
          ...{
            name: "GitHub's address for OIDC tokens",
            setting: "the runner",
            product: "GitHub",
            showsMessages: true,
          },
          isBusy: (status, message) => status === 403 && /pending/i.test(message),
        },
        baseUrl: new URL("/", url),
        ...{ token, timeoutSeconds, cancelled, environment },
        userAgent: `secret-stash-action/${version}`,
        authorities: caFile === "" ? undefined : readAuthorities(caFile),
        ...{ say: log.info, debug: log.debug },
      });
      const query = `${url.search === "" ? "?" : `${url.search}&`}audience=${encodeURIComponent(audience)}`;
      const path = `${url.pathname}${query}`.slice(1);
      const answer = await request(connection, { method: "GET", path }).catch((error: unknown) => {
        throw failed(describe(error), error);
      });
      return readValue(answer);
    },
  };
}

function describe(error: unknown): string {
  if (error instanceof HttpError) {
    const words = error.problem?.message ?? "";
    return `it answered ${error.status}${words === "" ? "" : `: ${printable(words)}`}`;
  }
  return error instanceof StashError ? error.message.replace(/\.$/, "") : "there was no answer";
}

function readValue(answer: string): string {
  let value: unknown;
  try {
    ({ value } = Object(JSON.parse(answer)));
  } catch {
    // Reported below, without the answer.
  }
  if (typeof value !== "string" || value === "") throw failed("its answer holds no token");
  return value;
}

function failed(why: string, cause?: unknown): StashError {
  return new StashError(
    "ID_TOKEN_FAILED",
    `GitHub did not give this job an OIDC token, although it may have one: ${why}. Run the job again. If the error repeats, check GitHub's status page.`,
    { cause },
  );
}
