import { isActionVariable, isOwnVariable } from "../lib/own-environment.ts";

/**
 * The environment of a command that gets the variables: what a `run:` step gets. What the step was given for itself is not passed on:
 * inputs, state, the token and the grant key.
 *
 * @param isAction whether this process is an action, which gets more of the runner than a `run:` step does
 */
export function commandEnvironment(
  environment: NodeJS.ProcessEnv,
  variables: ReadonlyMap<string, string>,
  keyDirectory: string,
  isAction: boolean,
  platform: string = process.platform,
): Record<string, string> {
  const isOurs = (name: string) => isOwnVariable(name) || (isAction && isActionVariable(name));
  // Of two names that differ only by case, Windows uses the first: an inherited one must not hide ours.
  const fold = (name: string) => (platform === "win32" ? name.toUpperCase() : name);
  const replaced = new Set([...variables.keys(), "SECRET_STASH_KEY_DIR"].map(fold));
  const inherited = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !isOurs(entry[0]) && !replaced.has(fold(entry[0])),
  );
  return Object.fromEntries([...inherited, ...variables, ["SECRET_STASH_KEY_DIR", keyDirectory]]);
}

/** Tells the command about our terminal, which it cannot ask because it writes to pipes, unless the environment says otherwise. */
export function terminalSettings(environment: NodeJS.ProcessEnv): Record<string, string> {
  const { stdout } = process;
  if (!stdout.isTTY) return {};
  const isSet = (name: string) => environment[name] !== undefined;
  const hasColors = stdout.hasColors() && !isSet("NO_COLOR");
  return {
    ...(!isSet("COLUMNS") && { COLUMNS: String(stdout.columns) }),
    ...(!isSet("LINES") && { LINES: String(stdout.rows) }),
    ...(hasColors && !isSet("FORCE_COLOR") && { FORCE_COLOR: String(stdout.getColorDepth() > 8 ? 3 : 1) }),
    ...(hasColors && !isSet("CLICOLOR_FORCE") && { CLICOLOR_FORCE: "1" }),
  };
}
