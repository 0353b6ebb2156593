import { DatabaseSync } from "node:sqlite";
import { type AuditRow, type BrokerStore, RETRY_SECONDS, type TokenUse, type Use } from "./store.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS token_use (
    issuer TEXT NOT NULL,
    id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    is_released INTEGER NOT NULL DEFAULT 0,
    device_key_id INTEGER,
    PRIMARY KEY (issuer, id, fingerprint)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS token_use_by_end ON token_use (kept_until);
  CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    rule TEXT,
    is_refused INTEGER NOT NULL,
    repository TEXT,
    row TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS audit_by_time ON audit (time);
  CREATE INDEX IF NOT EXISTS audit_by_repository ON audit (repository, time);
  CREATE INDEX IF NOT EXISTS audit_by_refusal ON audit (time) WHERE is_refused = 1;
  CREATE TABLE IF NOT EXISTS began (only INTEGER PRIMARY KEY CHECK (only = 1), time INTEGER NOT NULL) STRICT;
  INSERT INTO began (only, time) VALUES (1, unixepoch()) ON CONFLICT DO NOTHING;
  CREATE TABLE IF NOT EXISTS dek_pin (environment TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) WITHOUT ROWID, STRICT;
`;

interface UseRow {
  fingerprint: string;
  first_seen: number;
  is_released: number;
  /** how many other keys had used the id before: a rule that allows fewer keys does not know this one */
  rank: number;
}

/** What one copy remembers, in a file; nothing to install. Copies on one machine may share it. */
export function openSqliteStore(path: string): BrokerStore {
  const database = new DatabaseSync(path);
  // A row that was written is there after a power failure: a token must not be used twice because of one.
  database.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  database.exec(SCHEMA);
  const findUses = database.prepare(
    "SELECT fingerprint, first_seen, is_released, rank FROM token_use WHERE issuer = ? AND id = ?",
  );
  const addUse = database.prepare(
    `INSERT INTO token_use (issuer, id, fingerprint, first_seen, kept_until, rank) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET kept_until = max(kept_until, excluded.kept_until)`,
  );
  const releaseUses = database.prepare(
    "UPDATE token_use SET is_released = 1 WHERE issuer = ? AND id = ? AND fingerprint = ? AND is_released = 0",
  );
  const setRegistration = database.prepare(
    "UPDATE token_use SET device_key_id = ? WHERE issuer = ? AND id = ? AND fingerprint = ?",
  );
  const getRegistration = database.prepare(
    "SELECT device_key_id AS id FROM token_use WHERE issuer = ? AND id = ? AND fingerprint = ? AND is_released = 0 AND device_key_id IS NOT NULL",
  );
  const pruneAudit = database.prepare("DELETE FROM audit WHERE time < ?");
  const pruneUses = database.prepare("DELETE FROM token_use WHERE kept_until < ?");
  const addPin = database.prepare(
    "INSERT INTO dek_pin (environment, fingerprint) VALUES (?, ?) ON CONFLICT DO NOTHING",
  );
  const findPin = database.prepare("SELECT fingerprint FROM dek_pin WHERE environment = ?");
  const setPin = database.prepare("INSERT OR REPLACE INTO dek_pin (environment, fingerprint) VALUES (?, ?)");
  const { time: beganAt } = database.prepare("SELECT time FROM began").get() as { time: number };
  const addAudit = database.prepare(
    "INSERT INTO audit (time, rule, is_refused, repository, row) VALUES (?, ?, ?, ?, ?)",
  );

  /** All or nothing, and one after another: the lock is taken before anything is read. */
  const transact = <T>(work: () => T): T => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      try {
        database.exec("ROLLBACK");
      } catch {
        // SQLite has rolled back by itself, as on a full disk. What went wrong first is what counts.
      }
      throw error;
    }
  };

  return {
    use: async (use) =>
      transact(() => {
        const { issuer, ids, fingerprint, now, keptUntil } = use;
        if (ids.length === 0) throw new TypeError("a use has an id");
        const earlier = ids.map((id) => findUses.all(issuer, id) as unknown as UseRow[]);
        const verdicts = earlier.map((rows) => judgeUse(rows, use));
        const worst = order.find((verdict) => verdicts.includes(verdict)) ?? "first";
        if (worst === "first" || worst === "retry") {
          for (const [index, id] of ids.entries()) {
            addUse.run(issuer, id, fingerprint, now, keptUntil, earlier[index]?.length ?? 0);
          }
        }
        return worst;
      }),
    release: async ({ issuer, ids, fingerprint }) =>
      transact(() =>
        ids
          .map((id) => Number(releaseUses.run(issuer, id, fingerprint).changes))
          .some((changes) => changes > 0),
      ),
    noteRegistration: async ({ issuer, ids, fingerprint }, deviceKeyId) =>
      transact(() => {
        for (const id of ids) setRegistration.run(deviceKeyId, issuer, id, fingerprint);
      }),
    findRegistration: async ({ issuer, ids, fingerprint }) =>
      ids
        .map((id) => (getRegistration.get(issuer, id, fingerprint) as { id: number } | undefined)?.id)
        .find((id) => id !== undefined),
    record: async (row) => {
      const { time, rule = null, decision, project = null } = row;
      addAudit.run(time, rule, decision === "refused" ? 1 : 0, project, JSON.stringify(row));
    },
    find: async ({ since = 0, rule, repository, refusedOnly = false, limit }) => {
      const conditions = ["time >= ?"];
      const values: (string | number)[] = [since];
      if (repository !== undefined) {
        conditions.push("repository = ?");
        values.push(repository);
      }
      if (rule !== undefined) {
        // A request for several environments can be granted by several rules.
        conditions.push("instr(', ' || rule || ', ', ', ' || ? || ', ') > 0");
        values.push(rule);
      }
      if (refusedOnly) conditions.push("is_refused = 1");
      const query = `SELECT row FROM audit WHERE ${conditions.join(" AND ")} ORDER BY time DESC, number DESC LIMIT ?`;
      const rows = database.prepare(query).all(...values, limit) as { row: string }[];
      return rows.map(({ row }): AuditRow => JSON.parse(row));
    },
    prune: async (now, auditSince) => {
      pruneAudit.run(auditSince);
      return Number(pruneUses.run(now).changes);
    },
    beganAt,
    pinFirst: async (environment, fingerprint) => {
      const find = () => (findPin.get(environment) as { fingerprint: string } | undefined)?.fingerprint;
      const known = find();
      if (known !== undefined) return known;
      addPin.run(environment, fingerprint);
      return find() ?? fingerprint;
    },
    replacePin: async (environment, fingerprint) => void setPin.run(environment, fingerprint),
    check: async () => void findPin.get(""),
    close: async () => database.close(),
  };
}

/** From the one that counts most: an id that somebody else has used is worse than one of our own that is over. */
const order: readonly Use[] = ["taken", "over", "retry", "first"];

/** What a use is, in view of the earlier ones of the same id. */
function judgeUse(earlier: readonly UseRow[], { fingerprint, keys, now }: TokenUse): Use {
  const own = earlier.find((row) => row.fingerprint === fingerprint);
  if (own === undefined) return earlier.length < keys ? "first" : "taken";
  if (own.rank >= keys) return "taken";
  // The clock may have been set back meanwhile.
  return own.is_released === 1 || Math.abs(now - own.first_seen) > RETRY_SECONDS ? "over" : "retry";
}
