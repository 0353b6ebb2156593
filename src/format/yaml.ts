import { dump } from "js-yaml";

/**
 * One YAML mapping whose values are double-quoted strings on one line each: no reader of YAML 1.1 or 1.2 can take one for a
 * number, a date or a boolean, or fold its lines.
 */
export function formatYaml(variables: ReadonlyMap<string, string>): string {
  return dump(Object.fromEntries(variables), { forceQuotes: true, quoteStyle: "double", lineWidth: -1 });
}
