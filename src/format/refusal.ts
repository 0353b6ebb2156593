import { StashError } from "../lib/errors.ts";
import { joinLines, printable } from "../lib/printable.ts";

/**
 * Refuses, before anything is written, what a format cannot carry.
 *
 * @param reasonFor why a variable cannot be carried, or `undefined`
 * @throws {StashError} `VALUES_REFUSED`, naming the variables and why, and no value
 */
export function refuseUncarried(
  format: string,
  variables: ReadonlyMap<string, string>,
  reasonFor: (name: string, value: string) => string | undefined,
): void {
  const refused: string[] = [];
  for (const [name, value] of variables) {
    const reason = reasonFor(name, value);
    if (reason !== undefined) refused.push(`- ${printable(name)}: ${reason}`);
  }
  if (refused.length === 0) return;
  throw new StashError(
    "VALUES_REFUSED",
    `Nothing was written or exported, because an env file in the ${format} format cannot carry these variables so that every ` +
      `reader gives back what was stored:\n${joinLines(refused)}\n` +
      "Store them in another form (base64, say), leave them out, or choose another env-file-format.",
  );
}
