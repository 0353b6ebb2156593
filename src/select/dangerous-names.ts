// Names through which a value runs code in, or takes over, later steps. Beside each group what reads it.
const refusedNames = new Set([
  "PATH", // every command look-up
  ...["BASH_ENV", "ENV", "IFS", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND"], // shells
  "NODE_OPTIONS", // Node; the GitHub runner refuses it too
  "NODE_TLS_REJECT_UNAUTHORIZED", // turns certificate checks off
  ...["PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME"],
  ...["PERL5OPT", "PERL5LIB", "PERL5DB"],
  ...["RUBYOPT", "RUBYLIB"],
  ...["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"],
  // git(1) and git-config(1): commands, hooks and configuration
  ...["GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER"],
  ...[
    "GIT_EXTERNAL_DIFF",
    "GIT_PROXY_COMMAND",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GIT_DIR",
    "GIT_COMMON_DIR",
  ],
  ...["GIT_CONFIG", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"],
  "GIT_ALLOW_PROTOCOL", // lets ext:: addresses run commands
  // Windows: which program runs for a name, and from where
  ...["COMSPEC", "PATHEXT", "PSMODULEPATH", "SYSTEMROOT", "WINDIR"],
  "DOTNET_STARTUP_HOOKS", // .NET
  "ZDOTDIR", // zsh, the shell of macOS
  "CI", // tools trust it to tell where they run
]);

const refusedPrefixes = [
  ...["LD_", "DYLD_"], // ld.so(8), dyld(1)
  ...["COR_", "CORECLR_"], // .NET's profilers
  ...["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"],
  ...["GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "STATE_"], // the runner's own
  "SECRET_STASH_", // our inputs; in upper case they are left out before
];

/** Names that a variable must have to be one for every shell (POSIX.1-2024, 8.1). */
export function isPortableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Whether exporting a variable of this name could take over later steps. Case does not count: Windows and the runner ignore it. */
export function isDangerousName(name: string): boolean {
  const folded = name.toUpperCase();
  return refusedNames.has(folded) || refusedPrefixes.some((prefix) => folded.startsWith(prefix));
}
