import type { Dialect } from "./merge.ts";

/**
 * docker compose 2.20 and later, which reads `.env` and `env_file:` by compose-go's package dotenv.
 *
 * 1. Between single quotes everything stands for itself but `\'`, and a backslash before the closing quote hides it (dotenv/parser.go,
 *    extractVarValue).
 * 2. Between double quotes `\\`, `\"` and `\$` are escapes (dotenv/parser.go, expandEscapes); a bare `$` would be replaced
 *    (template/template.go). Line breaks of every kind stand for themselves.
 */
export const dockerCompose: Dialect = {
  name: "docker-compose",
  refusalOf: (name) =>
    /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? undefined : "docker compose cannot read this name",
  write: (value) => (/'|\\$/.test(value) ? `"${value.replace(/[\\"$]/g, "\\$&")}"` : `'${value}'`),
};
