import { chooseVariables, parseVariableRules } from "../../select/rules.ts";
import { BrokerError } from "../broker-error.ts";

/** Which of these names a rule's `variables` gives. */
export function chooseNames(names: readonly string[], only: string): Set<string> {
  const rules = parseVariableRules(only, (mistake) => {
    throw new BrokerError("policy_invalid", mistake); // It was checked when the policy was loaded.
  });
  return new Set(chooseVariables(names, rules).chosen.map(({ source }) => source));
}

/**
 * What is wrong with a rule's `variables`: it chooses names, and the job renames them and takes them apart. The last rule that matches decides, so
 * what is left out first and then brought back by a pattern is given, which nobody means who leaves something out.
 */
export function findMistakes(only: string): string[] {
  const mistakes: string[] = [];
  let excluded: string | undefined;
  for (const { text, action, target, pattern } of parseVariableRules(only, (mistake) =>
    mistakes.push(mistake),
  )) {
    const quoted = JSON.stringify(text);
    if (target !== undefined) mistakes.push(`${quoted}: a policy chooses names; the job renames them`);
    else if (pattern.includes("."))
      mistakes.push(`${quoted}: a policy chooses whole variables, and no keys of them`);
    else if (action === "include" && excluded !== undefined && /[*?[]/.test(pattern)) {
      mistakes.push(`${quoted} can bring back what ${excluded} leaves out. Put what is left out last`);
    }
    if (action === "exclude") excluded = quoted;
  }
  return mistakes;
}
