import * as v from "valibot";
import type { Log } from "../ci/host.ts";
import type { DeviceKey } from "../crypto/device-key.ts";
import { openEnvelope } from "../crypto/envelope.ts";
import { readAuthorities } from "../http/authorities.ts";
import { type Connection, createConnection } from "../http/connection.ts";
import { HttpError } from "../http/http-error.ts";
import { request } from "../http/request.ts";
import { type ErrorCode, StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { version } from "../lib/version.ts";
import { type EncryptedVariable, encryptedVariables } from "../stash/variables.ts";

/** What a connection to a key broker needs. */
export interface BrokerAddress {
  url: URL;
  timeoutSeconds: number;
  /** see `ServiceInputs` */
  caFile: string;
}

interface Surroundings {
  environment: NodeJS.ProcessEnv;
  log: Pick<Log, "info" | "debug">;
  cancelled?: AbortSignal;
  ignoresInherited?: boolean;
}

/** What a key broker granted. */
export interface BrokerGrant {
  /** what ends it */
  id: string;
  release: string;
  /** ISO 8601 */
  expiresAt: string;
  /** the id under which the broker registered the job's key; `undefined` if it did not */
  deviceKeyId: number | undefined;
  /** in the order in which they were asked for */
  environments: { type: string; dek: Buffer; items: EncryptedVariable[] }[];
}

// It becomes an output, which a later step may put into a command.
const environmentType = v.fallback(v.pipe(v.string(), v.regex(/^[\w-]{1,32}$/)), "");

const answerSchema = v.object({
  grant: v.pipe(v.string(), v.maxLength(1024), v.regex(/^[\w-]+$/)),
  release: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)), // SHA-256 in base64url. It is masked, so it must not be a short one.
  expires_at: v.string(),
  device_key_id: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  environments: v.array(
    v.object({ type: environmentType, envelope: v.unknown(), variables: encryptedVariables }),
  ),
});

/** @throws {StashError} `CA_FILE_UNREADABLE`, `PROXY_INVALID` */
export function connectToBroker(
  { environment, log, cancelled, ignoresInherited }: Surroundings,
  { url, timeoutSeconds, caFile }: BrokerAddress,
): Connection {
  return createConnection({
    peer: { name: "The key broker", setting: "broker-url", product: "the key broker", showsMessages: true },
    baseUrl: new URL(`${url.href.replace(/\/+$/, "")}/`),
    token: "",
    timeoutSeconds,
    userAgent: `secret-stash-action/${version}`,
    environment,
    authorities: caFile === "" ? undefined : readAuthorities(caFile),
    cancelled,
    ...{ say: log.info, debug: log.debug },
    ...(ignoresInherited !== undefined && { ignoresInherited }),
  });
}

/**
 * Asks a key broker for environments. The DEKs come wrapped for the job's key alone, so the answer is of no use to anybody else. The same
 * request can be repeated: the broker answers the same key again.
 *
 * @param idToken says who the job is
 * @param environments by application and slug; without an application, the one that the policy grants
 * @throws {StashError} `ID_TOKEN_REFUSED`, `ID_TOKEN_USED`, `AUDIENCE_REFUSED`, `CLOCK_WRONG`, `POLICY_REFUSED`, `DEK_REFUSED`,
 *   `BROKER_UNAVAILABLE`, `REQUEST_REJECTED`, `RESPONSE_INVALID`, `ENVELOPE_UNREADABLE`, or a code of `request`
 */
export async function requestGrant(
  connection: Connection,
  idToken: string,
  key: Pick<DeviceKey, "publicKeyPem" | "privateKeyPem">,
  environments: readonly { application: string | undefined; slug: string }[],
  ttlMinutes: number,
): Promise<BrokerGrant> {
  const body = { token: idToken, public_key: key.publicKeyPem, environments, ttl_minutes: ttlMinutes };
  const text = await request(connection, { method: "POST", path: "v1/grants", body }).catch(
    (error: unknown) => {
      throw translate(error, connection);
    },
  );
  const { success, output } = v.safeParse(answerSchema, parseJson(text));
  const expiresAt = success ? Date.parse(output.expires_at) : Number.NaN;
  if (!success || output.environments.length !== environments.length || Number.isNaN(expiresAt)) {
    throw new StashError(
      "RESPONSE_INVALID",
      "The answer to the request for a grant is not in the key broker's format. A proxy or a login page may have answered instead. Check that " +
        "broker-url points at the key broker.",
    );
  }
  return {
    id: output.grant,
    release: output.release,
    expiresAt: new Date(Math.min(expiresAt, connection.clock.now() + ttlMinutes * 60_000)).toISOString(),
    deviceKeyId: output.device_key_id ?? undefined,
    environments: output.environments.map(({ type, envelope, variables }) => ({
      ...{ type, items: variables },
      dek: openEnvelope(envelope, key.privateKeyPem),
    })),
  };
}

/** Ends a grant: nobody gets another answer for this key, and a key that the broker registered is deleted. Throws as `requestGrant` does. */
export async function releaseGrant(
  connection: Connection,
  { id, release }: Pick<BrokerGrant, "id" | "release">,
): Promise<void> {
  await request(connection, { method: "DELETE", path: `v1/grants/${id}`, token: release }).catch(
    (error: unknown) => {
      throw translate(error, connection);
    },
  );
}

/** Asks whether a broker answers and takes requests. Throws as `requestGrant` does. */
export async function askWhetherReady(connection: Connection): Promise<void> {
  await request(connection, { method: "GET", path: "readyz" }).catch((error: unknown) => {
    throw translate(error, connection);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The schema reports it; the message of JSON.parse would quote the body.
  }
}

const codes: Readonly<Record<string, ErrorCode>> = {
  audience_refused: "AUDIENCE_REFUSED",
  clock_wrong: "CLOCK_WRONG",
  dek_refused: "DEK_REFUSED",
  policy_refused: "POLICY_REFUSED",
  token_invalid: "ID_TOKEN_REFUSED",
  token_taken: "ID_TOKEN_USED",
  token_used: "ID_TOKEN_USED",
};

const remedies: Partial<Record<ErrorCode, string>> = {
  AUDIENCE_REFUSED:
    "broker-url has to be what the broker's policy calls audience, to the letter. On GitLab, aud in id_tokens has to be the same.",
  CLOCK_WRONG: "Compare the clocks of the broker's machine and of the CI system.",
  POLICY_REFUSED:
    "Whoever runs the broker can change its policy, and try it with: secret-stash-ci broker check.",
  ID_TOKEN_REFUSED: "Whoever runs the broker finds the request in its audit log.",
  ID_TOKEN_USED: "A job has one token on this system. See docs/broker.md, several sessions in one job.",
};

/** A refusal in the broker's own words, which are made for this log, and what to do about it. */
function translate(error: unknown, { baseUrl }: Connection): unknown {
  if (error instanceof StashError && ["SERVICE_UNREACHABLE", "TIMED_OUT"].includes(error.code)) {
    return new StashError("BROKER_UNAVAILABLE", error.message, { cause: error.cause });
  }
  if (!(error instanceof HttpError)) return error;
  const { status, problem } = error;
  const id = problem?.requestId ? ` (request ${printable(problem.requestId)})` : "";
  const words = problem?.message ? ` It says: ${printable(problem.message, 1000)}` : "";
  const options = { cause: error };
  const code = Object.hasOwn(codes, problem?.code ?? "") ? codes[problem?.code ?? ""] : undefined;
  if (code !== undefined && status >= 400 && status < 500) {
    const remedy = remedies[code] === undefined ? "" : ` ${remedies[code]}`;
    return new StashError(code, `The key broker refused this job${id}.${words}${remedy}`, options);
  }
  const broker = `The key broker at ${baseUrl.host}`;
  if (status === 422) {
    return new StashError(
      "BROKER_UNAVAILABLE",
      `${broker} cannot grant this environment${id}.${words} Running the job again does not help: whoever runs the broker has to look into it.`,
      options,
    );
  }
  if (status >= 500 || status === 429) {
    return new StashError(
      "BROKER_UNAVAILABLE",
      `${broker} cannot grant anything now (${status})${id}.${words} Run the job again later. If the error repeats, the broker's log says why.`,
      options,
    );
  }
  return new StashError(
    "REQUEST_REJECTED",
    `${broker} does not take the request (${status})${id}.${words} Check broker-url. If it is right, the broker may be another version than this one: ` +
      "update both.",
    options,
  );
}
