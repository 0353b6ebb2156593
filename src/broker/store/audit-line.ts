import type { AuditRow } from "./store.ts";

/** A row as one line of JSON in ASCII: whoever names a branch writes some of it, and a terminal or a log viewer must not obey that. */
export function formatAuditLine(row: AuditRow): string {
  return JSON.stringify(row).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
