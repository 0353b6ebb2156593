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

/** With `json`, stdout is for facts alone, and people read stderr. */
export function createTerminal(json: boolean, cancelled: AbortSignal): Terminal {
  const stream = json ? process.stderr : process.stdout;
  const say = (line = "") => void stream.write(`${line}\n`);
  // styleText looks at the stream, NO_COLOR and FORCE_COLOR by itself.
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    styleText(format, text, { stream });
  return {
    isInteractive: process.stdin.isTTY === true && stream.isTTY === true,
    cancelled,
    say,
    record: (fact) => {
      if (json) process.stdout.write(`${JSON.stringify(fact)}\n`);
    },
    ask: (question) => ask(stream, question, cancelled),
    strong: style("bold"),
    good: style("green"),
    bad: style("red"),
  };
}

/** The terminal edits the line itself, so that Ctrl-C stays the signal it is everywhere else. */
function ask(stream: NodeJS.WriteStream, question: string, cancelled: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: stream, terminal: false });
  stream.write(`${question} `);
  return new Promise((answered) => {
    const end = (answer: string) => {
      cancelled.removeEventListener("abort", onCancel);
      lines.removeAllListeners();
      lines.close();
      answered(answer.trim());
    };
    const onCancel = () => {
      stream.write("\n");
      end("");
    };
    cancelled.addEventListener("abort", onCancel, { once: true });
    lines.once("line", end);
    lines.once("close", () => end(""));
  });
}
