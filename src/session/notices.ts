import type { Log } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { listLines, listNames, printable } from "../lib/printable.ts";
import { createNameMatcher } from "../select/patterns.ts";
import { describeRule, type VariableRule } from "../select/rules.ts";
import type { Values } from "../variables/decrypt.ts";

/** What the notices are about. */
export interface Noticed extends Pick<Values, "quoted"> {
  /** of everything that was pulled or is exported */
  names: ReadonlySet<string>;
  /** rules of `variables` that leave out what a later rule brings back */
  overruled: readonly VariableRule[];
}

/**
 * Says what in the inputs had no effect, and which values lost their quotes. All of it is allowed, and seldom what somebody meant.
 */
export function warnOfInputs(
  log: Pick<Log, "info" | "warn">,
  { masking, exports, command, broker }: Pick<Inputs, "masking" | "exports" | "command" | "broker">,
  { names, quoted, overruled }: Noticed,
): void {
  if (quoted.size > 0) {
    log.info(
      `SecretStash: stored in quotes, and read without them as phpdotenv reads them: ${listNames([...quoted.keys()])}. To keep the quotes, ` +
        "set unquote to false.",
    );
  }
  for (const rule of overruled) {
    log.warn(
      `variables: ${describeRule(rule)} has no effect, because a later rule brings back everything that it leaves out. Put it after that rule.`,
    );
  }
  warnOfUnmatched(log, "unmasked", masking.unmasked, names);
  warnOfUnmatched(log, "allow-names", exports.allowNames, names);
  if (broker !== undefined && broker.ignored.length > 0)
    log.warn(
      `${listNames(broker.ignored)}: no effect, because the key broker's policy decides that. Take it out.`,
    );
  if (command.ignored.length > 0)
    log.warn(`${listNames(command.ignored)}: no effect, because there is no run. Add run, or take it out.`);
}

function warnOfUnmatched(
  log: Pick<Log, "warn">,
  input: string,
  patterns: readonly string[],
  names: ReadonlySet<string>,
): void {
  const matchesOf = createNameMatcher(patterns);
  const matched = new Set([...names].flatMap((name) => matchesOf(name).map(({ index }) => index)));
  const unmatched = patterns.filter((_, index) => !matched.has(index));
  if (unmatched.length === 0) return;
  const lines = listLines(unmatched, (pattern) => `- ${printable(pattern)}${didYouMean(pattern, names)}`);
  log.warn(
    `${input} has entries that match none of the variables, as they are named after renaming:\n${lines}`,
  );
}
