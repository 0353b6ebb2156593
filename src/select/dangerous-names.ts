// Names through which a value can run code in later steps or take them over. The comments say what reads them.
const dangerousNames = new Set([
  "PATH", // how every command is found
  ...["BASH_ENV", "ENV", "IFS", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND"], // shells
  "NODE_OPTIONS", // Node; the GitHub runner refuses it, too
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
  "CI", // tools rely on it to know where they run
]);

const dangerousPrefixes = [
  ...["LD_", "DYLD_"], // ld.so(8), dyld(1)
  ...["COR_", "CORECLR_"], // .NET's profilers
  ...["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"],
  ...["GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "STATE_"], // the runner's own
  "SECRET_STASH_", // our inputs; those in upper case are left out earlier
];

/** Whether a name is an environment variable for every shell (POSIX.1-2024, 8.1). */
export function isPortableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Whether a variable of this name could take over later steps. Case does not matter, because Windows and the runner ignore it. */
export function isDangerousName(name: string): boolean {
  const folded = name.toUpperCase();
  return dangerousNames.has(folded) || dangerousPrefixes.some((prefix) => folded.startsWith(prefix));
}
