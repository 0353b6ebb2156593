/** One variable on the job's summary page: names and places, never a value, nor anything that reveals something about one. */
export interface SummaryRow {
  name: string;
  /** its name in the environment */
  storedAs: string;
  environment: string;
  /** environments whose value it overrides */
  overrode: readonly string[];
  isMasked: boolean;
}

export interface PullSummary {
  rows: readonly SummaryRow[];
  /** where all of them went: environment, outputs, paths of env files, or the command */
  exportedTo: readonly string[];
  /** `undefined` if a key broker gave the key access, and the service does not know it */
  deviceKeyId: number | undefined;
  /** in groups of four, as people compare it */
  fingerprint?: string;
  expiresAt?: string;
}

const MAX_ROWS = 200; // GitHub drops a summary of more than 1 MiB.

/** Markdown for `GITHUB_STEP_SUMMARY` about what was pulled. */
export function formatPullSummary(summary: PullSummary): string {
  const { rows, exportedTo } = summary;
  const shown = rows
    .slice(0, MAX_ROWS)
    .map((row) => cells([row.name, sourceOf(row), row.isMasked ? "yes" : "**no**"]));
  const more = rows.length - shown.length;
  return [
    "### SecretStash",
    "",
    ...(rows.length > 0
      ? ["| variable | from | masked |", "| --- | --- | --- |", ...shown]
      : ["No variables."]),
    ...(more > 0 ? ["", `And ${more} more.`] : []),
    "",
    `Exported to: ${exportedTo.length > 0 ? exportedTo.map(code).join(", ") : "nothing"}. ` +
      describeKey(summary),
    "",
  ].join("\n");
}

function describeKey({ deviceKeyId, fingerprint, expiresAt }: PullSummary): string {
  const details = [
    fingerprint === undefined ? "" : `, fingerprint ${code(fingerprint)}`,
    expiresAt === undefined ? "" : `, expires at ${code(expiresAt)}`,
  ];
  const key =
    deviceKeyId === undefined ? "Temporary key" : `Temporary device key ${code(String(deviceKeyId))}`;
  return `${key}${details.join("")}.`;
}

const MAX_MESSAGE = 4000;

/** Markdown for `GITHUB_STEP_SUMMARY` about a step that failed. */
export function formatFailureSummary(message: string, errorCode: string): string {
  const lines = message.slice(0, MAX_MESSAGE).split("\n").map(escapeMarkdown);
  return [`### SecretStash failed: ${errorCode}`, "", lines.join("<br>"), ""].join("\n");
}

/** Markdown for `GITHUB_STEP_SUMMARY` about the end of the job. */
export function formatCleanUpSummary(sentences: readonly string[]): string {
  return [
    "### SecretStash: end of the job",
    "",
    ...sentences.map((sentence) => `- ${sentence.split("\n").map(escapeMarkdown).join("<br>")}`),
    "",
  ].join("\n");
}

function sourceOf({ name, storedAs, environment, overrode }: SummaryRow): string {
  const renamed = name === storedAs ? "" : `, stored as ${code(storedAs)}`;
  const over = overrode.length === 0 ? "" : `, overrides ${overrode.map(code).join(", ")}`;
  return code(environment) + renamed + over;
}

function cells([name = "", ...others]: readonly string[]): string {
  return `| ${[code(name), ...others].join(" | ")} |`;
}

/** In `<code>`, where GitHub turns nothing into mentions or links. */
function code(text: string): string {
  return `<code>${escapeMarkdown(text)}</code>`;
}

/** Writes every character that could mean something to Markdown or HTML as a character reference (GFM section 6.2), also line breaks and controls. */
function escapeMarkdown(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,;/()=+-]/gu, (character) => `&#${character.codePointAt(0)};`);
}
