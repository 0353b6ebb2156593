import { isPortableName } from "../select/dangerous-names.ts";
import { parseVariableRules, type VariableRule } from "../select/rules.ts";
import type { InputName } from "./defaults.ts";
import { type InputReader, isIdentifier } from "./reader.ts";

export interface SelectionInputs {
  /** slugs, or `application-id/slug` for those of another application; later ones win */
  environments: readonly string[];
  /** the types that an environment may have; empty for any */
  environmentTypes: readonly string[];
  rules: readonly VariableRule[];
  ignore: readonly string[];
  prefix: string;
  required: readonly string[];
  /** whether a value that is one quoted string loses its quotes */
  unquote: boolean;
  resolveReferences: boolean;
}

// The service's own list (docs/protocol.md, HTTP).
const environmentTypes = ["local", "development", "production", "testing"];

export function parseSelection(reader: InputReader<InputName>): SelectionInputs {
  const { text, untrimmed, list, flag, check } = reader;
  const remedy = "Set it to an environment's slug, such as testing.";
  const environments = list("environment", isEnvironmentName, `is not an id. ${remedy}`);
  check("environment", environments.length > 0, `is missing. ${remedy}`);
  const places = environments.map((name) =>
    name.includes("/") ? name : `${text("application-id")}/${name}`,
  );
  check("environment", new Set(places).size === places.length, "names one environment twice");
  const prefix = text("prefix");
  const isPrefix = /^([A-Za-z_][A-Za-z0-9_]*)?$/.test(prefix);
  check("prefix", isPrefix, "must consist of letters, digits and _, and not begin with a digit");
  const isType = (type: string) => environmentTypes.includes(type);
  return {
    environments,
    environmentTypes: list("environment-types", isType, `expected ${environmentTypes.join(", ")}`),
    rules: parseVariableRules(untrimmed("variables"), (mistake) => check("variables", false, mistake)),
    ignore: list("ignore"),
    prefix,
    required: list("required", isPortableName, "expected a name, as it is after renaming"),
    unquote: flag("unquote"),
    resolveReferences: flag("resolve-references"),
  };
}

function isEnvironmentName(text: string): boolean {
  return text.split("/").length <= 2 && text.split("/").every((part) => part !== "" && isIdentifier(part));
}
