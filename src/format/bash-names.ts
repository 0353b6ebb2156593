/** Names that bash gives meanings of its own, or makes read-only (bash(1), Shell Variables): an assignment is lost or ends the script. */
export const bashNames: ReadonlySet<string> = new Set([
  ...[
    "_",
    "UID",
    "EUID",
    "PPID",
    "GROUPS",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "LINENO",
    "HISTCMD",
    "OPTIND",
    "FUNCNAME",
  ],
  ...[
    "DIRSTACK",
    "PIPESTATUS",
    "SHELLOPTS",
    "BASHOPTS",
    "BASHPID",
    "BASH_VERSINFO",
    "BASH_ARGV0",
    "BASH_ALIASES",
  ],
  ...["BASH_CMDS", "BASH_COMMAND", "BASH_SUBSHELL", "EPOCHSECONDS", "EPOCHREALTIME", "COMP_WORDBREAKS"],
]);
