import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Terminal } from "../ci/terminal.ts";
import type { ApproverInputs } from "../inputs/approver.ts";
import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { readNamedFile } from "../lib/safe-file.ts";

/**
 * Asks before the approver's token goes to an address that was not used before. A command to approve comes out of a log or a message, where
 * somebody could have put another `--api-url`. The default address, and one that the approver's own environment names, are known.
 *
 * @throws {StashError} `USAGE` if the address is not known and nobody is there to answer, or if the answer is no
 */
export async function confirmAddress(
  terminal: Terminal,
  { service: { apiUrl }, knownUrls, addressFile: file }: ApproverInputs,
): Promise<void> {
  const used = readAddresses(file);
  if ([...knownUrls, ...used].includes(apiUrl.href)) return;
  const address = printable(apiUrl.href, 255);
  if (!terminal.isInteractive) {
    throw refused(`Your token has never been sent to ${address}, and there is no terminal to ask at. Check`);
  }
  terminal.say(`Your token has never been sent to ${terminal.strong(address)}.`);
  const answer = await terminal.ask(
    "Is that the address of your SecretStash, and not only what a message says? [y/N]",
  );
  if (!/^y(es)?$/i.test(answer)) throw refused(`Your token was not sent to ${address}. Check`);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify([...used, apiUrl.href]), { flag: "wx", mode: 0o600 });
    renameSync(draft, file);
  } catch {
    // It is asked again the next time.
  }
}

function readAddresses(file: string): string[] {
  try {
    const addresses: unknown = JSON.parse(readNamedFile(file).toString("utf8"));
    return Array.isArray(addresses) ? addresses.filter((address) => typeof address === "string") : [];
  } catch {
    return []; // None was ever confirmed.
  }
}

function refused(what: string): StashError {
  return new StashError(
    "USAGE",
    `${what} --api-url. If the address is right, set SECRET_STASH_API_URL to it on this machine.`,
  );
}
