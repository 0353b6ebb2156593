import { createHash, timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { isLoopback } from "../../lib/loopback.ts";
import type { Broker } from "../grants/exchange.ts";
import type { AuditFilter } from "../store/store.ts";
import type { Metrics } from "./metrics.ts";
import { pageStyleHash, renderPage } from "./page.ts";

export interface PrivateSide {
  broker: Broker;
  metrics: Metrics;
  /** why the policy's file cannot be used, if that is so */
  policyFault(): string | undefined;
  /** what whoever asks has to know; without it, only loopback is served */
  token: string | undefined;
}

const ROWS = 200;

/** What whoever runs the broker looks at: the audit page, and `GET /metrics`. */
export function createPrivateApp({ broker, metrics, policyFault, token }: PrivateSide): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Cross-Origin-Resource-Policy", "same-origin");
    context.header(
      "Content-Security-Policy",
      `default-src 'none'; style-src 'sha256-${pageStyleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    );
    if (token !== undefined) {
      if (!isAuthorized(context.req.header("Authorization"), token)) {
        context.header("WWW-Authenticate", 'Basic realm="secret-stash-ci broker", charset="UTF-8"');
        return context.text("unauthorized\n", 401);
      }
    } else if (!isLoopback(hostOf(context.req.header("Host")))) {
      // A page elsewhere whose name was made to lead here would be of the same origin as this one (DNS rebinding).
      return context.text("The broker does not answer to this host name.\n", 421);
    }
    await next();
    return undefined;
  });
  app.get("/metrics", (context) =>
    context.text(
      metrics.format({
        policyHash: broker.policy().hash,
        isPolicyInvalid: policyFault() !== undefined,
        issuerKeyAges: broker.issuerKeys().ages(),
      }),
      200,
      { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" },
    ),
  );
  app.get("/", async (context) => {
    const { repository, rule, refused } = context.req.query();
    const filter: AuditFilter = {
      limit: ROWS,
      ...(repository && { repository }),
      ...(rule && { rule }),
      refusedOnly: refused === "1",
    };
    const rows = await broker.store.find(filter);
    const { config, hash } = broker.policy();
    const rules = config.rules.map(({ name }) => name);
    return context.html(
      renderPage({ rows, filter, rules, policyHash: hash, policyFault: policyFault(), now: broker.now() }),
    );
  });
  return app;
}

function hostOf(header = ""): string {
  return header.replace(/:\d+$/, "");
}

/** `Bearer` for programs, `Basic` with any user for browsers. */
function isAuthorized(header = "", token: string): boolean {
  const [, scheme = "", given = ""] = /^(Bearer|Basic) (\S+)$/i.exec(header) ?? [];
  const text =
    scheme.toLowerCase() === "basic"
      ? Buffer.from(given, "base64")
          .toString("utf8")
          .replace(/^[^:]*:/, "")
      : given;
  const digest = (value: string) => createHash("sha256").update(value).digest();
  return timingSafeEqual(digest(text), digest(token));
}
