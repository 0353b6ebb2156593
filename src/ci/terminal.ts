import { createInterface } from "node:readline";
import { styleText } from "node:util";

/** Where `approve` and `doctor` talk: to a person at a terminal, or to a script that reads lines. */
export interface Terminal {
  /** whether a person is there to answer */
  readonly isInteractive: boolean;
  /** aborted by Ctrl-C or the end of the session */
  readonly cancelled: AbortSignal;
  /** Prints a line for people. */
  say(line?: string): void;
  /** Prints a fact for programs, as one line of JSON on stdout, with `--json` only. */
  record(fact: Readonly<Record<string, unknown>>): void;
  /** @returns the trimmed answer; empty at the end of the input and after Ctrl-C */
  ask(question: string): Promise<string>;
  /** Bold on a terminal; plain elsewhere, and with `NO_COLOR` (no-color.org). */
  strong(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

const TYPED_AHEAD_MS = 50;

/** With `json`, stdout is for facts only, and people read stderr. */
export function createTerminal(json: boolean, cancelled: AbortSignal): Terminal {
  const stream = json ? process.stderr : process.stdout;
  const say = (line = "") => void stream.write(`${line}\n`);
  // `styleText` takes the stream, NO_COLOR and FORCE_COLOR into account.
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
 * Asks the person at the terminal. Text that was typed before the question was shown is not an answer to it: a second "y" must not approve
 * the next key unseen. So lines are read all the time, and discarded while no question is open.
 *
 * The terminal edits the line itself, so that Ctrl-C remains a signal.
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
    await new Promise((soon) => setTimeout(soon, TYPED_AHEAD_MS)); // Text in the terminal's buffer arrives now.
    stream.write(`${question} `);
    const given = await new Promise<string>((answered) => {
      answer = answered;
    });
    answer = undefined;
    return given;
  };
}
