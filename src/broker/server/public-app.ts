import { randomUUID } from "node:crypto";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Context, Hono } from "hono";
import { systemCode } from "../../lib/errors.ts";
import { BrokerError } from "../broker-error.ts";
import { type Audit, beginAudit } from "../grants/audit.ts";
import { type Broker, grant } from "../grants/exchange.ts";
import { readGrantId } from "../grants/grant-id.ts";
import { MAX_BODY, parseGrantRequest } from "../grants/request.ts";
import { deleteJobKey } from "../service/registration.ts";
import type { AuditRow } from "../store/store.ts";
import { clientAddress } from "./client-address.ts";
import type { Metrics } from "./metrics.ts";
import { retryAfter, statuses } from "./statuses.ts";

export interface PublicSide {
  broker: Broker;
  metrics: Metrics;
  /** counts a refusal, and says whether it is one too many; see `refusal-limit.ts` */
  countRefusal(address: string): boolean;
  /** gets each audit row when it is in the store */
  publish(row: AuditRow): void;
  isReady(): Promise<boolean>;
  /** whether the broker is about to end */
  isDraining(): boolean;
}

type Env = { Variables: { requestId: string } };

/** What jobs talk to: `POST /v1/grants`, `DELETE /v1/grants/{grant}`, `GET /livez`, `GET /readyz`. */
export function createPublicApp(side: PublicSide): Hono<Env> {
  const { broker, metrics } = side;
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    context.set("requestId", randomUUID());
    context.header("X-Request-Id", context.get("requestId"));
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    // So that a client that keeps its connection does not keep the broker from ending.
    if (side.isDraining()) context.header("Connection", "close");
    await next();
  });
  app.get("/livez", (context) => context.text("ok\n"));
  app.get("/readyz", async (context) =>
    (await side.isReady()) ? context.text("ok\n") : context.text("not ready\n", 503),
  );
  app.post("/v1/grants", (context) =>
    audited(side, context, async (audit) => {
      const start = performance.now();
      const answer = await grant(broker, parseGrantRequest(await readBody(context)), audit);
      metrics.granted((performance.now() - start) / 1000);
      return context.json(answer, 201);
    }),
  );
  app.delete("/v1/grants/:grant", (context) =>
    audited(side, context, async (audit) => {
      const account = broker.account();
      const release = /^Bearer ([\w-]+)$/.exec(context.req.header("Authorization") ?? "")?.[1] ?? "";
      const found = readGrantId(account, context.req.param("grant"), release);
      if (found === undefined)
        throw new BrokerError("release_refused", "The release does not belong to this grant.");
      const { issuer, ids, project, fingerprint, device_key_id: deviceKeyId } = found;
      const known = [...broker.policy().config.issuers].find(([, { url }]) => url === issuer);
      audit.note({ issuer: known?.[0] ?? issuer, project, fingerprint });
      // A second release of the same grant does nothing: whoever has one could otherwise use up the token's requests.
      if (await broker.store.release({ issuer, ids, fingerprint })) {
        if (deviceKeyId !== null) await deleteRegistered(side, deviceKeyId);
        await audit.released({});
      }
      return context.body(null, 204);
    }),
  );
  app.notFound((context) =>
    answer(context, new BrokerError("not_found", "There is nothing at this address.")),
  );
  app.onError((error, context) => {
    const fault = translateFault(error);
    tellFault(broker, context.get("requestId"), fault);
    return answer(context, fault);
  });
  return app;
}

async function deleteRegistered({ broker }: PublicSide, deviceKeyId: number): Promise<void> {
  try {
    await deleteJobKey(broker.account(), deviceKeyId);
  } catch (cause) {
    throw new BrokerError(
      "service_unavailable",
      "The job's key could not be deleted from SecretStash now. It expires by itself.",
      { cause },
    );
  }
}

/**
 * Does what was asked, and writes down a refusal: of a job that a rule grants something always, of anybody else unless the address has had too many
 * of them. Whoever runs the broker is told what is no fault of the job's.
 */
async function audited(
  side: PublicSide,
  context: Context<Env>,
  work: (audit: Audit) => Promise<Response>,
): Promise<Response> {
  const { broker, metrics } = side;
  const { config } = broker.policy();
  const header = { name: config.proxyHeader, value: context.req.header(config.proxyHeader) };
  const address = clientAddress(getConnInfo(context).remote.address ?? "", header, config.trustedProxies);
  const requestId = context.get("requestId");
  const audit = beginAudit(
    broker.store,
    { requestId, address },
    () => Math.floor(broker.now()),
    side.publish,
  );
  audit.note({ policyHash: broker.policy().hash });
  try {
    return await work(audit);
  } catch (thrown) {
    const error = translateFault(thrown);
    metrics.refused(error.code, error.rule);
    if (statuses[error.code] >= 500) tellFault(broker, requestId, error);
    if (audit.hasGranted()) await audit.failed(error);
    else if (statuses[error.code] < 500) {
      if (!audit.isOfGrantedJob() && side.countRefusal(address)) {
        return answer(
          context,
          new BrokerError(
            "too_many_refusals",
            "Too many requests from this address were refused. Wait a minute.",
          ),
        );
      }
      await audit.refused(error);
    }
    return answer(context, error);
  }
}

/** Of anything but a BrokerError, nothing is said: its message could quote what it was about. */
function translateFault(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const isStore = (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
  return isStore
    ? new BrokerError("store_unavailable", "The broker's store cannot be used now. Try again.", {
        cause: error,
      })
    : new BrokerError("internal", "Internal error. Search the broker's log for this request id.", {
        cause: error,
      });
}

/** For whoever runs the broker: what happened, and where. A stack has no values in it; a message could. */
function tellFault(broker: Broker, requestId: string, { code, message, cause }: BrokerError): void {
  const { errstr, stack = "" } = (cause ?? {}) as { errstr?: string; stack?: string };
  const details = [systemCode(cause), errstr].filter(
    (text) => text !== undefined && text !== "unknown error",
  );
  const frames = code === "internal" ? (stack.match(/^ {4}at .*$/gm) ?? []) : [];
  const why = details.length === 0 ? "" : ` (${details.join(", ")})`;
  broker.tell([`request ${requestId}: ${code}: ${message}${why}`, ...frames].join("\n"));
}

function answer(context: Context<Env>, { code, message }: BrokerError): Response {
  const seconds = retryAfter[code];
  if (seconds !== undefined) context.header("Retry-After", String(seconds));
  if (statuses[code] === 401) context.header("WWW-Authenticate", "Bearer");
  return context.json({ code, message, request_id: context.get("requestId") }, statuses[code]);
}

/** @throws {BrokerError} `media_type_refused`, `request_too_large` */
async function readBody(context: Context<Env>): Promise<string> {
  if (!/^application\/json\s*(;|$)/i.test(context.req.header("Content-Type") ?? "")) {
    throw new BrokerError("media_type_refused", "The request has to be application/json.");
  }
  const tooLarge = () =>
    new BrokerError("request_too_large", `The request is larger than ${MAX_BODY / 1024} KiB.`);
  if (Number(context.req.header("Content-Length") ?? 0) > MAX_BODY) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = context.req.raw.body?.getReader();
  for (;;) {
    const read = await reader?.read().catch((cause: unknown) => {
      throw new BrokerError("request_invalid", "The request ended before all of it had arrived.", { cause });
    });
    if (read === undefined || read.done) break;
    bytes += read.value.length;
    if (bytes > MAX_BODY) {
      void reader?.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(read.value);
  }
  return Buffer.concat(chunks).toString("utf8");
}
