import { createInterface } from "node:readline";
import { styleText } from "node:util";

/** A person at a terminal, or a script that reads lines. */
export interface Terminal {
  /** whether somebody is there to answer */
  readonly isInteractive: boolean;
  /** Ctrl-C, or the end of the session */
  readonly cancelled: AbortSignal;
  /** A line for people. */
  say(line?: string): void;
  /** A fact for programs: one line of JSON on stdout, with `--json` alone. */
  record(fact: Readonly<Record<string, unknown>>): void;
  /** @returns the answer, trimmed; empty at the end of the input and after Ctrl-C */
  ask(question: string): Promise<string>;
  /** As a terminal shows what matters most; plain elsewhere, and with `NO_COLOR` (no-color.org). */
  strong(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

const TYPED_AHEAD_MS = 50;

/** With `json`, stdout is for facts alone, and people read stderr. */
export function createTerminal(json: boolean, cancelled: AbortSignal): Terminal {
  const stream = json ? process.stderr : process.stdout;
  const say = (line = "") => void stream.write(`${line}\n`);
  // styleText looks at the stream, NO_COLOR and FORCE_COLOR by itself.
  const isInteractive = process.stdin.isTTY === true && stream.isTTY === true;
  const ask = isInteractive ? createPrompt(stream, cancelled) : async () => "";
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    styleText(format, text, { stream });
  return {
    isInteractive,
    cancelled,
    say,
    record: (fact) => {
      if (json) process.stdout.write(`${JSON.stringify(fact)}\n`);
    },
    ask,
    strong: style("bold"),
    good: style("green"),
    bad: style("red"),
  };
}

/**
 * Questions to the person at the terminal. What was typed before a question stood there is no answer to it: a second "y" must not approve the next
 * key unseen. So lines are read all the time, and thrown away while nothing is asked.
 *
 * The terminal edits the line itself, so that Ctrl-C stays the signal it is everywhere else.
 */
function createPrompt(stream: NodeJS.WriteStream, cancelled: AbortSignal): Terminal["ask"] {
  const lines = createInterface({ input: process.stdin, output: stream, terminal: false });
  let answer: ((line: string) => void) | undefined;
  let isOver = false;
  const end = () => {
    isOver = true;
    if (answer !== undefined) stream.write("\n");
    answer?.("");
  };
  lines.on("line", (line) => answer?.(line.trim()));
  lines.on("close", end);
  cancelled.addEventListener("abort", end, { once: true });
  return async (question) => {
    if (isOver) return "";
    await new Promise((soon) => setTimeout(soon, TYPED_AHEAD_MS)); // what is in the terminal's buffer comes now
    stream.write(`${question} `);
    const given = await new Promise<string>((answered) => {
      answer = answered;
    });
    answer = undefined;
    return given;
  };
}
