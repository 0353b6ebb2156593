import { decryptPayload, keyOfDek } from "../crypto/payload.ts";
import { readQuoted } from "../format/dotenv/quoted-value.ts";
import { StashError } from "../lib/errors.ts";
import { count, listNames } from "../lib/printable.ts";
import type { LayeredItem } from "../select/layers.ts";
import { selectMembers } from "../select/members.ts";
import { createReferenceResolver } from "../select/references.ts";
import type { Choice, VariableRule } from "../select/rules.ts";
import { refuseConflicts, type Selection } from "../select/selection.ts";
import type { EncryptedVariable } from "../stash/variables.ts";

/** Plaintext, held in memory until the process ends. */
export interface Values {
  /** by the names that later steps see */
  variables: Map<string, string>;
  /** where each of them comes from */
  choices: Choice[];
  /** rules about keys of JSON objects that leave out what a later rule brings back */
  overruled: VariableRule[];
  /** what is stored for variables that lost their quotes, by the names that later steps see */
  quoted: Map<string, string>;
  /** values that were not selected, but are part of others by reference */
  referredTo: string[];
}

/** Which variables are wanted, and how their values are read. */
export interface Wanted extends Pick<Selection, "choices" | "memberRules"> {
  /** before every name */
  prefix: string;
  unquote: boolean;
  resolveReferences: boolean;
}

/**
 * Decrypts the selected variables and, with `resolveReferences`, the variables that they refer to.
 *
 * 1. Decrypt, and take off the quotes of values that are one quoted string.
 * 2. Replace references. What the quotes protected is not one.
 * 3. Take keys out of JSON objects.
 *
 * @param deks by environment
 * @throws {StashError} `VARIABLES_UNDECRYPTABLE`, which names all of them; `REFERENCES_UNRESOLVED`; `RULES_UNMATCHED`; `TARGETS_CONFLICT`
 */
export function decryptVariables(
  stored: ReadonlyMap<string, LayeredItem<EncryptedVariable>>,
  { choices, memberRules, prefix, unquote, resolveReferences }: Wanted,
  deks: ReadonlyMap<string, Uint8Array>,
): Values {
  const undecryptable = new Set<string>();
  const decrypted = new Set<string>();
  const quotedBySource = new Map<string, string>();
  const keys = new Map(Array.from(deks, ([environment, dek]) => [environment, keyOfDek(dek)]));
  const decrypt = (name: string): string | undefined => {
    const found = stored.get(name);
    const dek = keys.get(found?.environment ?? "");
    if (found === undefined || dek === undefined) return undefined;
    const value = decryptPayload(found.item.payload, dek);
    if (value === undefined) undecryptable.add(deks.size > 1 ? `${name} of ${found.environment}` : name);
    decrypted.add(name);
    const unquoted = unquote ? readQuoted(value ?? "", resolveReferences) : undefined;
    if (value === undefined || unquoted === undefined) return value ?? "";
    quotedBySource.set(name, value);
    return unquoted;
  }; // 1
  const valueOfName = resolveReferences
    ? createReferenceResolver(decrypt)
    : (name: string) => decrypt(name) ?? ""; // 2
  const whole = choices.map((choice) => ({ choice, value: valueOfName(choice.source) }));
  const sources = Array.from(memberRules, ([source, rules]) => ({
    source,
    rules,
    text: valueOfName(source),
  }));
  if (undecryptable.size > 0) throw undecryptableError([...undecryptable], decrypted.size);
  const selections = sources.map(({ source, rules, text }) => selectMembers(source, text, rules)); // 3
  const withPrefix = selections.flatMap(({ members }) =>
    members.map(({ choice, value }) => ({ choice: { ...choice, target: prefix + choice.target }, value })),
  );
  const all = [...whole, ...withPrefix];
  refuseConflicts(all.map(({ choice }) => choice));

  const chosen = new Set(choices.map(({ source }) => source)); // as a whole
  const others = [...decrypted].filter((name) => !chosen.has(name));
  const quotedOf = (name: string) => quotedBySource.get(name) ?? "";
  return {
    variables: new Map(all.map(({ choice, value }) => [choice.target, value])),
    choices: all.map(({ choice }) => choice),
    overruled: selections.flatMap(({ overruled }) => overruled),
    quoted: new Map(
      choices
        .filter(({ source }) => quotedBySource.has(source))
        .map(({ source, target }) => [target, quotedOf(source)]),
    ),
    referredTo: others.flatMap((name) => [valueOfName(name), quotedOf(name)]).filter((value) => value !== ""),
  };
}

function undecryptableError(names: string[], total: number): StashError {
  return new StashError(
    "VARIABLES_UNDECRYPTABLE",
    `${names.length} of ${count(total, "variable")} cannot be decrypted: ${listNames(names)}. They were probably encrypted before the ` +
      "environment's key was replaced. Push them again with an official client, or leave them out with ignore.",
  );
}
