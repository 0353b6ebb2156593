// A name that YAML reads as something else than a string: a boolean or null, in YAML 1.1 also `y` and `on` (yaml.org/type/bool.html).
const AMBIGUOUS_NAME = /^(y|yes|n|no|true|false|on|off|null)$|[^A-Za-z0-9_]|^[^A-Za-z_]/i;

/**
 * Formats one YAML mapping of names to double-quoted strings, each on one line. No reader of YAML 1.1 or 1.2 can take such a value for a
 * number, a date or a boolean, or fold its lines. A JSON string is such a scalar (YAML 1.2.2, section 1.3); characters that are line
 * breaks in YAML 1.1 or not allowed unescaped (YAML 1.2.2, section 5.1) are written as escapes.
 */
export function formatYaml(variables: ReadonlyMap<string, string>): string {
  if (variables.size === 0) return "{}\n";
  return [...variables]
    .map(([name, value]) => `${AMBIGUOUS_NAME.test(name) ? quote(name) : name}: ${quote(value)}\n`)
    .join("");
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
