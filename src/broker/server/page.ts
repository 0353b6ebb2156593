import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { AuditFilter, AuditRow } from "../store/store.ts";

const style = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #30363d); --soft: light-dark(#57606a, #8b949e);
  --good: light-dark(#1a7f37, #3fb950); --bad: light-dark(#b42318, #ff7b72); --alarm: light-dark(#fff1f0, #2d1214); }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 90rem; padding: 1rem; font: 15px/1.45 system-ui, sans-serif; background: Canvas; color: CanvasText }
h1 { font-size: 1.25rem; margin: 0 0 .25rem }
p { margin: .25rem 0 1rem; color: var(--soft); overflow-wrap: anywhere }
p.fault { color: var(--bad); white-space: pre-wrap }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 0 0 1rem }
label { display: grid; gap: .15rem; font-size: .85rem; color: var(--soft) }
label.check { display: flex; align-items: center; gap: .4rem; padding-bottom: .4rem }
input[type=text], select { font: inherit; padding: .3rem .5rem; min-width: 12rem; max-width: 100% }
button { font: inherit; padding: .3rem .9rem }
ol { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line) }
li { display: grid; grid-template-columns: 12.5rem 5.5rem minmax(0, 14rem) minmax(0, 1fr); gap: .1rem 1rem; padding: .5rem .25rem; border-bottom: 1px solid var(--line) }
li > * { overflow-wrap: anywhere; min-width: 0 }
li.alarm { background: var(--alarm) }
time, .detail { color: var(--soft) }
.granted { color: var(--good) } .refused, .failed { color: var(--bad) } .released { color: var(--soft) }
.state { font-weight: 600 }
.detail { font-size: .85rem }
.reason { grid-column: 3 / -1 } 
@media (max-width: 48rem) { li { grid-template-columns: 1fr auto } .place, .what, .reason { grid-column: 1 / -1 } input[type=text], select { min-width: 0; width: 100% } label { flex: 1 1 100% } }
`;

/** For the page's Content-Security-Policy, which allows this style, no script, and nothing from anywhere else. */
export const pageStyleHash = createHash("sha256").update(style).digest("base64");

export interface PageContent {
  rows: readonly AuditRow[];
  filter: AuditFilter;
  /** names of the rules in force */
  rules: readonly string[];
  policyHash: string;
  policyFault: string | undefined;
  now: number;
}

/**
 * The last grants and refusals, as a page without scripts. Whoever starts a job writes some of its claims, so every text is escaped (`html` does
 * that), and characters that change the order of others are shown as what they are.
 */
export function renderPage({ rows, filter, rules, policyHash, policyFault, now }: PageContent) {
  const { repository = "", rule = "", refusedOnly = false } = filter;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Key broker: grants and refusals</title>
<style>${raw(style)}</style>
</head>
<body>
<h1>Key broker: grants and refusals</h1>
<p>${formatTime(now)} · policy ${policyHash.slice(0, 16)} · the newest first, at most ${filter.limit}</p>
${policyFault === undefined ? "" : html`<p class="fault">${visible(policyFault)}</p>`}
<form method="get" action="/">
<label>Repository or project <input type="text" name="repository" value="${visible(repository)}" placeholder="acme/app"></label>
<label>Rule <select name="rule"><option value="">any</option>${rules.map(
    (name) => html`<option value="${name}" ${name === rule ? raw("selected") : ""}>${name}</option>`,
  )}</select></label>
<label class="check"><input type="checkbox" name="refused" value="1" ${refusedOnly ? raw("checked") : ""}> refused only</label>
<button>Show</button>
</form>
${rows.length === 0 ? html`<p>Nothing yet.</p>` : html`<ol>${rows.map(renderRow)}</ol>`}
</body>
</html>
`;
}

function renderRow(row: AuditRow) {
  const {
    time,
    decision,
    project,
    rule,
    environments,
    variables,
    reason,
    code,
    issuer,
    address,
    requestId,
    isAlarm,
  } = row;
  const counted = variables === undefined ? "" : `, ${variables} variable${variables === 1 ? "" : "s"}`;
  const facts = Object.entries(row.job).filter(([, text]) => text !== project);
  return html`<li class="${isAlarm ? "alarm" : ""}">
<time datetime="${new Date(time * 1000).toISOString()}">${formatTime(time)}</time>
<span class="state ${decision}">${decision}</span>
<span class="place">${visible(project ?? "unknown job")}${issuer === undefined ? "" : html` <span class="detail">${issuer}</span>`}</span>
<span class="what">${environments.map(visible).join(", ")}${counted}${rule ? html` by rule ${visible(rule)}` : ""}</span>
${reason === undefined ? "" : html`<span class="reason ${decision}">${isAlarm ? "Alarm: " : ""}${visible(reason)} <span class="detail">${code ?? ""}</span></span>`}
<span class="reason detail">${facts.map(([claim, text]) => `${claim} ${visible(text)}`).join(" · ")}${facts.length > 0 ? " · " : ""}from ${visible(address)} · request ${requestId}</span>
</li>`;
}

function formatTime(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");
}

/** Control characters, and those that reorder or hide text (Unicode Standard Annex 9), as escapes. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
