import { generateDeviceKey } from "../crypto/device-key.ts";
import { listNames, withReference } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import { type Inputs, parseInputs } from "../inputs/inputs.ts";
import type { Terminal } from "../ci/terminal.ts";
import { deleteKey, registerTemporaryKey } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";
import { type Check, type Finding, lookAt, lookAtEach, wrongFinding } from "./checks.ts";
import { connect } from "../stash/connect.ts";
import { obtainDeks } from "../access/grant.ts";
import { fetchLayers } from "../variables/fetch.ts";
import { machineChecks } from "./machine.ts";
import { maskCredentials } from "../masks/announce.ts";
import { accessChecks, accountChecks } from "./service.ts";

/**
 * Looks at everything that a pull needs, in order, and says of each what is there or what is wrong. Writes nothing to the service,
 * unless `full`.
 *
 * @returns whether a pull would work
 */
export async function diagnose(
  host: Host,
  terminal: Terminal,
  { full, temporaryDirectory }: { full: boolean; temporaryDirectory: string },
): Promise<boolean> {
  await maskCredentials(host);
  const { inputs, finding } = readInputs(host);
  const machine = await lookAtEach(machineChecks(host, temporaryDirectory));
  const findings = [...machine, finding];
  if (inputs !== undefined) {
    const service = connect(host, inputs, host.cancelled);
    const account = accountChecks(service, inputs, host.environment);
    const access = full ? [fullCheck(host, service, inputs)] : accessChecks(host, service, inputs);
    findings.push(...(await lookAt([...account, ...access])));
  }
  const works = findings.every(({ state }) => state === "fine");
  for (const found of findings) show(terminal, found);
  terminal.record({ ok: works, findings });
  terminal.say(works ? "\nA pull would work." : "\nA pull would not work.");
  return works;
}

function readInputs(host: Host): { inputs?: Inputs; finding: Finding } {
  try {
    const inputs = parseInputs(host.readInput, host.whyNoSecrets());
    return { inputs, finding: { check: "inputs", state: "fine", detail: "all can be used" } };
  } catch (error) {
    return { finding: wrongFinding("inputs", error) };
  }
}

/** The whole path, with a key that is deleted again. */
function fullCheck(host: Host, service: Service, inputs: Inputs): Check {
  return {
    check: "whole path",
    look: async () => {
      const key = await generateDeviceKey();
      const { layers } = await fetchLayers(host, service, inputs);
      const { hostname, platform, origin } = host;
      const label = inputs.label || `CI/CD Temporary Key (doctor on ${hostname})`.slice(0, 255);
      const registration = { ...key, label, ttlMinutes: inputs.ttlMinutes, hostname, platform, origin };
      const device = await registerTemporaryKey(service, registration);
      try {
        await obtainDeks(host, service, inputs, layers, { ...key, ...device });
      } finally {
        // Even after Ctrl-C; and what cannot be deleted dies by its TTL.
        await deleteKey(connect(host, inputs), device.id).catch(() => false);
      }
      const count = layers.reduce((sum, { items }) => sum + items.length, 0);
      return `device key ${device.id} was registered, given access to ${listNames(inputs.environments)} (${count} variables), and deleted`;
    },
  };
}

function show(terminal: Terminal, { check, state, detail, code }: Finding): void {
  const told = code === undefined ? detail : withReference(detail, code);
  const style = { fine: terminal.good, wrong: terminal.bad, skipped: (text: string) => text }[state];
  terminal.say(
    `${style(state.padEnd(8))} ${check.padEnd(15)} ${told.replaceAll("\n", `\n${" ".repeat(25)}`)}`,
  );
}
