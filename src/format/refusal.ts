import { StashError } from "../lib/errors.ts";
import { joinLines, printable } from "../lib/printable.ts";

/**
 * Refuses variables that a format cannot represent, before anything is written.
 *
 * @param reasonFor explains why a variable cannot be represented; `undefined` if it can
 * @throws {StashError} `VALUES_REFUSED`, which names the variables and the reasons, and no value
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
    `Nothing was written or exported, because the ${format} format cannot represent these variables so that every reader gets the stored ` +
      `value:\n${joinLines(refused)}\n` +
      "Store them in another form (as base64, for example), leave them out, or choose another env-file-format.",
  );
}
