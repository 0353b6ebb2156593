import { createHash, randomBytes } from "node:crypto";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Clock } from "./clock.ts";

/** Rows as the service keeps them: names, public keys and ciphertext, never a plaintext or a DEK. */
export interface KeyRow {
  id: number;
  label: string;
  public_key: string;
  fingerprint: string;
  key_type: string;
  expires_at: string | null;
}
export interface EnvironmentRow {
  id: number;
  name: string;
  slug: string;
  type: string;
  created_at: string;
}
export interface VariableRow {
  id: string;
  name: string;
  payload: string | null;
  created_at: string;
}
export interface AuditRow {
  at: string;
  actor: string;
  action: string;
  subject: string;
}

export type Store = ReturnType<typeof openStore>;

/** One account's data. `file` is a path, or `:memory:`. */
export function openStore(file: string, clock: Clock) {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE IF NOT EXISTS token (hash TEXT PRIMARY KEY, actor TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS application (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS environment (
      id INTEGER PRIMARY KEY, application_id TEXT NOT NULL, name TEXT NOT NULL, slug TEXT NOT NULL, type TEXT NOT NULL,
      created_at TEXT NOT NULL, UNIQUE (application_id, slug));
    CREATE TABLE IF NOT EXISTS variable (
      id TEXT PRIMARY KEY, environment_id INTEGER NOT NULL, name TEXT NOT NULL, payload TEXT, created_at TEXT NOT NULL,
      UNIQUE (environment_id, name));
    CREATE TABLE IF NOT EXISTS device_key (
      id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, public_key TEXT NOT NULL, fingerprint TEXT NOT NULL UNIQUE,
      key_type TEXT NOT NULL, expires_at TEXT);
    CREATE TABLE IF NOT EXISTS envelope (
      environment_id INTEGER NOT NULL, device_key_id INTEGER NOT NULL, envelope TEXT NOT NULL, granted_by TEXT NOT NULL,
      PRIMARY KEY (environment_id, device_key_id));
    CREATE TABLE IF NOT EXISTS audit (at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL);
  `);
  const now = () => clock.now().toISOString();
  const all = <Row>(sql: string, ...values: SQLInputValue[]) => database.prepare(sql).all(...values) as Row[];
  const one = <Row>(sql: string, ...values: SQLInputValue[]) =>
    database.prepare(sql).get(...values) as Row | undefined;
  const run = (sql: string, ...values: SQLInputValue[]) => database.prepare(sql).run(...values);
  // A temporary key is gone from the second it expires, pruned or not.
  const alive = "(expires_at IS NULL OR expires_at > ?)";

  const audit = (actor: string, action: string, subject: string) =>
    run("INSERT INTO audit VALUES (?, ?, ?, ?)", now(), actor, action, subject);

  return {
    close: () => database.close(),

    addToken: (token: string, actor: string) =>
      run("INSERT OR REPLACE INTO token VALUES (?, ?)", sha256(token), actor),
    findActor: (token: string) =>
      one<{ actor: string }>("SELECT actor FROM token WHERE hash = ?", sha256(token))?.actor,

    addApplication: (id: string, name: string) =>
      run("INSERT OR IGNORE INTO application VALUES (?, ?, ?)", id, name, now()),
    listApplications: () =>
      all<{ id: string; name: string; created_at: string }>("SELECT * FROM application"),
    hasApplication: (id: string) => one("SELECT 1 FROM application WHERE id = ?", id) !== undefined,

    addEnvironment: (
      applicationId: string,
      { name, slug, type }: Pick<EnvironmentRow, "name" | "slug" | "type">,
    ) =>
      run(
        "INSERT INTO environment (application_id, name, slug, type, created_at) VALUES (?, ?, ?, ?, ?)",
        applicationId,
        name,
        slug,
        type,
        now(),
      ),
    listEnvironments: (applicationId: string) =>
      all<EnvironmentRow & { variables_count: number }>(
        `SELECT id, name, slug, type, created_at,
           (SELECT count(*) FROM variable WHERE environment_id = environment.id) AS variables_count
         FROM environment WHERE application_id = ?`,
        applicationId,
      ),
    findEnvironment: (applicationId: string, slug: string) =>
      one<EnvironmentRow>(
        "SELECT * FROM environment WHERE application_id = ? AND slug = ?",
        applicationId,
        slug,
      ),

    saveVariable: (environmentId: number, name: string, payload: string | null) =>
      one<VariableRow>(
        `INSERT INTO variable VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (environment_id, name) DO UPDATE SET payload = excluded.payload RETURNING *`,
        randomBytes(12).toString("hex"),
        environmentId,
        name,
        payload,
        now(),
      ) as VariableRow,
    listVariables: (environmentId: number) =>
      all<VariableRow>(
        "SELECT id, name, payload, created_at FROM variable WHERE environment_id = ? ORDER BY rowid",
        environmentId,
      ),

    addKey: (key: Omit<KeyRow, "id" | "fingerprint">) =>
      one<KeyRow>(
        `INSERT INTO device_key (label, public_key, fingerprint, key_type, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING RETURNING *`,
        key.label,
        key.public_key,
        sha256(key.public_key),
        key.key_type,
        key.expires_at,
      ),
    listKeys: () => all<KeyRow>(`SELECT * FROM device_key WHERE ${alive} ORDER BY id`, now()),
    findKey: (id: number) => one<KeyRow>(`SELECT * FROM device_key WHERE id = ? AND ${alive}`, id, now()),
    deleteKey: (id: number) => {
      run("DELETE FROM envelope WHERE device_key_id = ?", id);
      return run("DELETE FROM device_key WHERE id = ?", id).changes > 0;
    },
    pruneExpiredKeys: () => {
      const expired = all<{ id: number }>(`SELECT id FROM device_key WHERE NOT ${alive}`, now());
      for (const { id } of expired) {
        audit("service", "key.expire", String(id));
        run("DELETE FROM envelope WHERE device_key_id = ?", id);
        run("DELETE FROM device_key WHERE id = ?", id);
      }
      return expired.map(({ id }) => id);
    },

    findEnvelope: (environmentId: number, keyId: number) =>
      one<{ envelope: string; granted_by: string }>(
        "SELECT envelope, granted_by FROM envelope WHERE environment_id = ? AND device_key_id = ?",
        environmentId,
        keyId,
      ),
    saveEnvelope: (environmentId: number, keyId: number, envelope: string, grantedBy: string) =>
      run("INSERT OR REPLACE INTO envelope VALUES (?, ?, ?, ?)", environmentId, keyId, envelope, grantedBy),

    audit,
    listAudit: () => all<AuditRow>("SELECT * FROM audit ORDER BY rowid"),
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
