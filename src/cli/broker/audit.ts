import { existsSync } from "node:fs";
import { readPolicy } from "../../broker/policy/policy-file.ts";
import { formatAuditLine } from "../../broker/store/audit-line.ts";
import { openStore } from "../../broker/store/open-store.ts";
import type { AuditRow } from "../../broker/store/store.ts";
import { printable } from "../../lib/printable.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { configFlag, configOf, testIssuersFlag, textOf, usageError } from "./options.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export const audit: Command = {
  usage:
    "broker audit --config broker.yaml [--since 24h] [--rule R] [--repository R] [--refused] [--limit N] [--json]",
  description:
    "Prints what the broker granted and refused, the newest first. With --json, one object on each line.",
  flags: {
    ...configFlag,
    since: {
      value: "TIME",
      description: "A time like 30m, 24h or 7d before now, or a date. Default: everything",
    },
    rule: { value: "NAME", description: "Only what this rule granted, or was the nearest to grant." },
    repository: { value: "NAME", description: "Only this repository or project, as its tokens name it." },
    refused: { description: "Only what was refused." },
    limit: { value: "N", description: "How many rows at most. Default: 100" },
    json: { description: "Print JSON, one object on each line." },
    ...testIssuersFlag,
  },
  operands: "none",
  runsOnOldNode: false,
  run: async (call) => {
    const { config } = readPolicy(configOf(call), {
      insecureTestIssuers: call.flags.has("insecure-test-issuers"),
    });
    const limit = Number(textOf(call, "limit") ?? 100);
    if (!Number.isSafeInteger(limit) || limit < 1) throw usageError("--limit takes a whole number.");
    const path = config.store.replace(/^sqlite:/, "");
    if (!existsSync(path))
      throw usageError(`The store ${printable(path)} does not exist. The broker makes it when it starts.`);
    const store = openStore(config.store);
    const [rule, repository] = [textOf(call, "rule"), textOf(call, "repository")];
    const rows = await store.find({
      ...{ limit, since: parseSince(textOf(call, "since")), refusedOnly: call.flags.has("refused") },
      ...(rule !== undefined && { rule }),
      ...(repository !== undefined && { repository }),
    });
    await store.close();
    const format = call.flags.has("json") ? formatAuditLine : describe;
    for (const row of rows) process.stdout.write(`${format(row)}\n`);
    return exitCodes.success;
  },
};

function parseSince(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, number, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time =
    number === undefined ? Date.parse(text) / 1000 : Date.now() / 1000 - Number(number) * (UNITS[unit] ?? 0);
  if (Number.isNaN(time)) throw usageError("--since takes a time like 24h, or a date.");
  return Math.floor(time);
}

function describe(row: AuditRow): string {
  const {
    time,
    decision,
    project = "unknown job",
    environments,
    rule,
    reason,
    code,
    isAlarm,
    job,
    address,
    requestId,
  } = row;
  const when = new Date(time * 1000).toISOString().replace(".000Z", "Z");
  const run = job.ref ?? job.ref_path;
  const what = [
    environments.map((name) => printable(name)).join(", "),
    rule && `by rule ${rule}`,
    run && `for ${printable(run)}`,
    (job.run_id ?? job.job_id) && `run ${printable(job.run_id ?? job.job_id ?? "")}`,
    `from ${printable(address)}`,
    `request ${requestId}`,
  ];
  const why = reason === undefined ? "" : `: ${isAlarm ? "ALARM: " : ""}${printable(reason, 1000)} [${code}]`;
  return `${when} ${decision.padEnd(8)} ${printable(project)} ${what.filter(Boolean).join(" ")}${why}`;
}
