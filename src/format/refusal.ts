import { StashError } from "../lib/errors.ts";
import { listLines, printable } from "../lib/printable.ts";

/**
 * Refuses variables that a format cannot represent, before anything is written.
 *
 * @param reasonFor explains why a variable cannot be represented; `undefined` if it can
 * @param suggest what else to do, as a sentence
 * @throws {StashError} `VALUES_REFUSED`, which names the variables and the reasons, and no value
 */
export function refuseUncarried(
  format: string,
  variables: ReadonlyMap<string, string>,
  reasonFor: (name: string, value: string) => string | undefined,
  suggest: () => string = () => "For an env file, another env-file-format may represent them.",
): void {
  const reasons = Array.from(variables, ([name, value]) => ({ name, reason: reasonFor(name, value) }));
  const refused = reasons.filter(({ reason }) => reason !== undefined);
  if (refused.length === 0) return;
  const lines = listLines(refused, ({ name, reason }) => `- ${printable(name)}: ${reason}`);
  throw new StashError(
    "VALUES_REFUSED",
    `Nothing was written or exported, because the ${format} format cannot represent these variables so that its readers get the stored value:\n${lines}\n` +
      `Store them in another form (as base64, for example), or leave them out. ${suggest()}`,
  );
}
