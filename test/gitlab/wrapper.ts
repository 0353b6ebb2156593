/** The forms in which gitlab-runner's versions and feature flags feed a stage to a shell (shells/bash.go, shells/abstract.go). */
export const wrapperForms = ["v17", "legacy18", "neweval18", "sub19", "legacy19", "script_legacy"] as const;
export type WrapperForm = (typeof wrapperForms)[number];

export interface Stage {
  shell: string;
  form: WrapperForm;
  /** `${CI_PROJECT_DIR}.tmp` */
  temporary: string;
  directory: string;
  script: readonly string[];
  isTraced?: boolean;
}

const GREEN = "\u001b[32;1m";
const RESET = "\u001b[0;m";

/** The text that the runner writes to the shell's standard input. */
export function wrapStage({ shell, form, temporary, directory, script, isTraced = false }: Stage): string {
  // dash knows no $'…': there, runners have FF_POSIXLY_CORRECT_ESCAPES on.
  const quote = shell === "dash" ? quoteForPosix : quoteForEval;
  const environmentFile = `${temporary}/gitlab_runner_env`;
  const lines = [
    `export GITLAB_ENV=${quote(environmentFile)}`,
    `mkdir -p "${temporary}"`,
    `touch "${environmentFile}"`,
    `while read -r line; do export "$line"; done < "${environmentFile}"`,
    `cd ${quote(directory)}`,
    ...script.flatMap((item) => {
      const [first = "", ...more] = item.trim().split("\n");
      const shown = more.length > 0 ? `${first} # collapsed multi-line command` : first;
      return [`echo ${quote(`${GREEN}$ ${shown}${RESET}`)}`, item.trim()];
    }),
  ];
  const body = `${lines.join("\n")}\n`;
  if (form === "script_legacy") {
    return `#!/bin/${shell}\n\ntrap exit 1 TERM\n\nif set -o | grep pipefail > /dev/null; then set -o pipefail; fi\nset -o errexit\nset +o noclobber\n\n${body}`;
  }
  const is19 = form === "sub19" || form === "legacy19";
  const trap = is19 ? "trap 'exit 1' TERM\n\n" : form === "v17" ? "" : "trap exit 1 TERM\n\n";
  const options = is19
    ? 'case "$(set -o)" in *"pipefail"*) set -o pipefail;; esac; set -o errexit\n'
    : "if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit\n";
  const escaped = quote(body);
  const run =
    form === "sub19"
      ? `(trap 'exit 1' TERM; eval ${escaped}) < /dev/null\n`
      : form === "neweval18"
        ? `: | (eval ${escaped})\n`
        : `: | eval ${escaped}\n`;
  return `#!/usr/bin/env ${shell}\n\n${trap}${isTraced ? "set -o xtrace\n" : ""}${options}set +o noclobber\n${run}exit 0\n`;
}

/** helpers/shell_escape.go, ShellEscape: `$'…'`, byte by byte. */
function quoteForEval(text: string): string {
  const named: Record<number, string> = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
    39: "\\'",
    92: "\\\\",
  };
  const bytes = [...Buffer.from(text)];
  if (bytes.every((byte) => /[,\-./0-9@A-Za-z_]/.test(String.fromCharCode(byte)))) return text || "''";
  const quoted = bytes.map(
    (byte) =>
      named[byte] ??
      (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`),
  );
  return `$'${quoted.join("")}'`;
}

/** helpers/shell_escape.go, PosixShellEscape. */
function quoteForPosix(text: string): string {
  return `"${text.replace(/[`"\\$]/g, "\\$&")}"`;
}
