/** A line whose value an application reads otherwise from the official `.env` than it gets it from us. */
export interface Difference {
  /** what stands after `NAME=` */
  line: string;
  client: "PHP" | "Node";
  application: string;
  ours: string;
  why: string;
}

/** All of them are in docs/migration.md. Where we know only the stored text, it is what we give. */
export const differences: readonly Difference[] = [
  {
    line: "a # b",
    client: "PHP",
    application: "a",
    ours: "a # b",
    why: "the application takes ` # b` for a comment; we cannot know that it is not a part of the value",
  },
  {
    line: "a#b",
    client: "PHP",
    application: "a",
    ours: "a#b",
    why: "phpdotenv begins a comment at any `#` outside quotes",
  },
  {
    line: '"a" # b',
    client: "PHP",
    application: "a",
    ours: '"a" # b',
    why: "only a value that is one quoted string and nothing else loses its quotes",
  },
  {
    line: '" a "',
    client: "Node",
    application: "a",
    ours: " a ",
    why: "the Node client stores it without quotes, and its own pull writes blanks that phpdotenv drops",
  },
  {
    line: "two words",
    client: "PHP",
    application: "an error",
    ours: "two words",
    why: "phpdotenv refuses the whole file; we hand over the value",
  },
  {
    line: '"two words"',
    client: "Node",
    application: "an error",
    ours: "two words",
    why: "the Node client stores it without quotes, and its own pull writes what phpdotenv refuses",
  },
  {
    line: '"a#b"',
    client: "Node",
    application: "a",
    ours: "a#b",
    why: "the Node client stores it without quotes, so that the rest becomes a comment in its own pull",
  },
  {
    line: String.raw`"no \q escape"`,
    client: "PHP",
    application: "an error",
    ours: String.raw`"no \q escape"`,
    why: "phpdotenv refuses the whole file; we keep what we cannot read as it is",
  },
  {
    line: 'a="b',
    client: "PHP",
    application: "nothing",
    ours: 'a="b',
    why: "phpdotenv takes it for the beginning of a value of several lines, and loses the rest of the file",
  },
];
