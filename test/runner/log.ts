import { createMasker } from "./masker.ts";

export interface Annotation {
  level: "error" | "warning" | "notice";
  title: string;
  message: string;
}

/** The job's log: what a person sees of it, and what the processes really wrote. */
export interface Log {
  write(line: string): void;
  /** masked, as shown */
  readonly lines: string[];
  /** everything that was written, commands included, unmasked */
  readonly raw: string[];
  readonly annotations: Annotation[];
  /** the strings registered so far */
  readonly masks: string[];
  /** masks a line as it is shown */
  mask(line: string): string;
  /** what the running stage has asked for by commands instead of files */
  readonly commands: StageCommands;
}

/** Emptied when a stage begins. */
export interface StageCommands {
  state: [name: string, value: string][];
  outputs: [name: string, value: string][];
  /** how many disabled commands the stage has tried, each of which fails the step */
  refused: number;
}

export function createLog(): Log {
  const masker = createMasker();
  const commands: StageCommands = { state: [], outputs: [], refused: 0 };
  const log: Omit<Log, "write"> = {
    ...{ lines: [], raw: [], annotations: [], masks: [] },
    ...{ mask: masker.mask, commands },
  };
  let resumeToken: string | undefined;

  const show = (line: string) => log.lines.push(masker.mask(line));
  const annotate = (level: Annotation["level"], properties: Record<string, string>, message: string) => {
    log.annotations.push({ level, title: properties.title ?? "", message: masker.mask(message) });
    for (const line of message.split("\n")) show(`##[${level}]${line}`);
  };
  const obey = (command: string, properties: Record<string, string>, data: string, line: string) => {
    switch (command) {
      case "add-mask": {
        log.masks.push(data);
        const warning = masker.add(data);
        return warning === undefined ? undefined : annotate("warning", {}, warning);
      }
      case "error":
      case "warning":
      case "notice":
        return annotate(command, properties, data);
      case "group":
        return show(`##[group]${data}`);
      case "endgroup":
        return show("##[endgroup]");
      case "debug":
        return undefined; // Shown only with ACTIONS_STEP_DEBUG.
      case "stop-commands":
        resumeToken = data;
        return undefined;
      // Deprecated, and obeyed all the same (src/Runner.Worker/ActionCommandManager.cs).
      case "save-state":
      case "set-output":
        commands[command === "save-state" ? "state" : "outputs"].push([properties.name ?? "", data]);
        return undefined;
      case "set-env":
      case "add-path":
        commands.refused += 1;
        return annotate("error", {}, `The \`${command}\` command is disabled.`);
      default:
        return show(line);
    }
  };

  return {
    ...log,
    write: (line) => {
      log.raw.push(line);
      const match = /^\s*::([^\s:]+)(?: ([^:]*))?::(.*)$/s.exec(line);
      if (match === null) return void show(line);
      const [, command = "", properties = "", data = ""] = match;
      if (resumeToken !== undefined) {
        if (command === resumeToken) resumeToken = undefined;
        else show(line);
        return;
      }
      obey(command, parseProperties(properties), unescapeData(data), line);
    },
  };
}

function parseProperties(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.includes("="));
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [name.trim(), unescapeData(value.join("=").replaceAll("%3A", ":").replaceAll("%2C", ","))];
    }),
  );
}

function unescapeData(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
