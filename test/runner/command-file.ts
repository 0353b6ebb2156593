/**
 * Parses what a stage wrote to `GITHUB_ENV`, `GITHUB_OUTPUT` or `GITHUB_STATE`, as the runner does on Linux
 * (src/Runner.Worker/FileCommandManager.cs): lines end at LF alone.
 *
 * @throws {Error} the runner's, which fails the step
 */
export function parseCommandFile(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const lines = splitLines(text);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    } else if (heredoc >= 0) {
      const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
      if (name === "" || delimiter === "") throw new Error(`Invalid format '${line}'.`);
      const end = lines.indexOf(delimiter, index + 1);
      if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
      pairs.push([name, lines.slice(index + 1, end).join("\n")]);
      index = end;
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  return pairs;
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
