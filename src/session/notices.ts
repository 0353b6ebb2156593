import type { Log } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { listNames, printable } from "../lib/printable.ts";
import { createNameMatcher } from "../select/patterns.ts";
import { describeRule, type VariableRule } from "../select/rules.ts";
import type { Values } from "../variables/decrypt.ts";

/**
 * Says what in the inputs had no effect, and which values lost their quotes. All of it is allowed, and seldom what somebody meant.
 *
 * @param overruled rules of `variables` that leave out what a later rule brings back
 */
export function warnOfInputs(
  log: Pick<Log, "info" | "warn">,
  { masking, exports, command }: Pick<Inputs, "masking" | "exports" | "command">,
  { variables, quoted }: Pick<Values, "variables" | "quoted">,
  overruled: readonly VariableRule[],
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
  warnOfUnmatched(log, "unmasked", masking.unmasked, variables);
  warnOfUnmatched(log, "allow-names", exports.allowNames, variables);
  if (command.ignored.length > 0)
    log.warn(`${listNames(command.ignored)}: no effect, because there is no run. Add run, or take it out.`);
}

function warnOfUnmatched(
  log: Pick<Log, "warn">,
  input: string,
  patterns: readonly string[],
  variables: ReadonlyMap<string, string>,
): void {
  const matchesOf = createNameMatcher(patterns);
  const matched = new Set([...variables.keys()].flatMap((name) => matchesOf(name).map(({ index }) => index)));
  for (const [index, pattern] of patterns.entries()) {
    if (matched.has(index)) continue;
    const hint = didYouMean(pattern, variables.keys());
    log.warn(
      `${input}: ${printable(pattern)} matches none of the variables, as they are named after renaming.${hint}`,
    );
  }
}
