import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as v from "valibot";
import type { Clock } from "./clock.ts";
import { rateLimit } from "./rate-limit.ts";
import * as schemas from "./schemas.ts";
import type { EnvironmentRow, KeyRow, Store, VariableRow } from "./store.ts";

type Stash = { Variables: { actor: string } };

/** The HTTP interface of the store: every endpoint of docs/protocol.md, and `DELETE user/keys/{id}`. */
export function createApp(
  store: Store,
  clock: Clock,
  requestsPerMinute: number,
  windowMs?: number,
): Hono<Stash> {
  const app = new Hono<Stash>().basePath("/api");
  const audit = (context: Context<Stash>, action: string, subject: string) =>
    store.audit(context.get("actor"), action, subject);

  app.onError((error, context) =>
    error instanceof HTTPException ? error.getResponse() : context.json({ message: "Server Error" }, 500),
  );
  app.notFound((context) => context.json({ message: "The route could not be found." }, 404));

  app.use(async (context, next) => {
    await next();
    context.header("Date", clock.now().toUTCString());
  });
  app.use(rateLimit(requestsPerMinute, clock, windowMs));
  app.use(async (context, next) => {
    const token = /^Bearer (\S+)$/.exec(context.req.header("Authorization") ?? "")?.[1] ?? "";
    const actor = store.findActor(token);
    if (actor === undefined) throw failure(401, { message: "Unauthenticated." });
    context.set("actor", actor);
    await next();
  });

  app.get("/applications", (context) => context.json({ data: store.listApplications() }));

  app.get("/applications/:app/environments", (context) => {
    return context.json({ data: store.listEnvironments(findApplication(store, context)) });
  });
  app.post("/applications/:app/environments", async (context) => {
    const application = findApplication(store, context);
    const environment = await parseBody(context, schemas.newEnvironment);
    if (store.findEnvironment(application, environment.slug)) throw invalid({ slug: ["The slug is taken."] });
    store.addEnvironment(application, environment);
    audit(context, "environment.create", environment.slug);
    return context.json({ data: store.findEnvironment(application, environment.slug) }, 201);
  });

  const listVariables = (context: Context<Stash>) => {
    const environment = findEnvironment(store, context);
    audit(context, "variables.list", environment.slug);
    return context.json({ data: store.listVariables(environment.id).map(presentVariable) });
  };
  app.get("/applications/:app/environments/:slug/variables", listVariables); // the Node client's path
  app.get("/applications/:app/environments/:slug", listVariables); // the PHP client's path
  app.post("/applications/:app/environments/:slug/variables", async (context) => {
    const environment = findEnvironment(store, context);
    if (environment.type === "testing") {
      throw failure(403, { message: "A testing environment is changed in the application only." });
    }
    const { name, payload } = await parseBody(context, schemas.newVariable);
    const variable = store.saveVariable(environment.id, name, payload && JSON.stringify(payload));
    audit(context, "variable.save", `${environment.slug}/${name}`);
    return context.json({ data: presentVariable(variable) }, 201);
  });

  app.get("/user/keys", (context) => context.json({ data: store.listKeys() }));
  app.post("/user/keys", async (context) => {
    const key = await parseBody(context, schemas.newKey);
    const ttl = "ttl_minutes" in key ? key.ttl_minutes : undefined;
    const expiresAt = ttl === undefined ? null : new Date(clock.now().getTime() + ttl * 60_000).toISOString();
    const row = store.addKey({ ...key, expires_at: expiresAt });
    if (row === undefined) throw invalid({ public_key: ["The public key is registered already."] });
    audit(context, ttl === undefined ? "key.register" : "key.register-temporary", String(row.id));
    return context.json({ data: row }, 201);
  });
  app.delete("/user/keys/:id", (context) => {
    const id = Number(context.req.param("id"));
    if (!store.deleteKey(id)) throw notFound("key");
    audit(context, "key.delete", String(id));
    return context.body(null, 204);
  });

  app.get("/applications/:app/environments/:slug/envelope", (context) => {
    const environment = findEnvironment(store, context);
    const key = findKey(store, Number(context.req.query("device_key_id")));
    const found = store.findEnvelope(environment.id, key.id);
    if (found === undefined) return context.json({ data: { envelope: null } });
    audit(context, "envelope.read", `${environment.slug}/${key.id}`);
    return context.json({ data: { envelope: JSON.parse(found.envelope), granted_by: found.granted_by } });
  });
  app.post("/applications/:app/environments/:slug/envelope", async (context) => {
    const environment = findEnvironment(store, context);
    const { device_key_id, envelope } = await parseBody(context, schemas.newEnvelope);
    saveEnvelope(store, environment, findKey(store, device_key_id), envelope, context.get("actor"));
    audit(context, "envelope.grant", `${environment.slug}/${device_key_id}`);
    return context.json({ data: { device_key_id } }, 201);
  });

  app.get("/applications/:app/environments/:slug/envelopes", (context) => {
    const environment = findEnvironment(store, context);
    const deviceKeys = store.listKeys().map((key) => presentAccess(store, environment, key));
    return context.json({ data: { device_keys: deviceKeys } });
  });
  app.post("/applications/:app/environments/:slug/envelopes", async (context) => {
    const environment = findEnvironment(store, context);
    const { envelopes } = await parseBody(context, schemas.newEnvelopes);
    const written = { created: 0, updated: 0, errors: [] as string[] };
    for (const { device_key_id, envelope } of envelopes) {
      const key = findKey(store, device_key_id);
      const isNew = saveEnvelope(store, environment, key, envelope, context.get("actor"));
      written[isNew ? "created" : "updated"] += 1;
      audit(context, "envelope.grant-bulk", `${environment.slug}/${device_key_id}`);
    }
    return context.json({ data: written });
  });

  return app;
}

async function parseBody<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return parsed.output;
  const { nested = {}, root = [] } = v.flatten(parsed.issues);
  throw invalid(Object.keys(nested).length > 0 ? (nested as Record<string, string[]>) : { body: [...root] });
}

/** An error in Laravel's format: a message and, for a validation, the mistakes by field. */
function failure(
  status: ContentfulStatusCode,
  body: { message: string; errors?: Record<string, string[]> },
): HTTPException {
  return new HTTPException(status, { res: Response.json(body, { status }) });
}

function invalid(errors: Record<string, string[]>): HTTPException {
  return failure(422, { message: Object.values(errors)[0]?.[0] ?? "The given data was invalid.", errors });
}

function notFound(what: string): HTTPException {
  return failure(404, { message: `No such ${what}.` });
}

function findApplication(store: Store, context: Context): string {
  const id = context.req.param("app") ?? "";
  if (!store.hasApplication(id)) throw notFound("application");
  return id;
}

function findEnvironment(store: Store, context: Context): EnvironmentRow {
  const environment = store.findEnvironment(findApplication(store, context), context.req.param("slug") ?? "");
  if (environment === undefined) throw notFound("environment");
  return environment;
}

function findKey(store: Store, id: number): KeyRow {
  const key = Number.isSafeInteger(id) ? store.findKey(id) : undefined;
  if (key === undefined) throw notFound("device key");
  return key;
}

function saveEnvelope(
  store: Store,
  environment: EnvironmentRow,
  key: KeyRow,
  envelope: unknown,
  grantedBy: string,
): boolean {
  const isNew = store.findEnvelope(environment.id, key.id) === undefined;
  store.saveEnvelope(environment.id, key.id, JSON.stringify(envelope), grantedBy);
  return isNew;
}

function presentVariable({ payload, ...variable }: VariableRow) {
  return { ...variable, payload: payload === null ? null : JSON.parse(payload) };
}

function presentAccess(store: Store, environment: EnvironmentRow, key: KeyRow) {
  const hasEnvelope = store.findEnvelope(environment.id, key.id) !== undefined;
  return {
    device_key_id: key.id,
    name: "Account Owner",
    email: "owner@example.test",
    label: key.label,
    key_type: key.key_type,
    public_key: key.public_key,
    has_envelope: hasEnvelope,
    needs_envelope: !hasEnvelope,
  };
}
