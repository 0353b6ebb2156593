import { accessContextOf, obtainDataKeys } from "../access/data-keys.ts";
import { findGrant } from "../access/grant.ts";
import type { System } from "../ci/host.ts";
import type { Terminal } from "../ci/terminal.ts";
import { generateDeviceKey } from "../crypto/device-key.ts";
import { type Credentials, readCredentials } from "../inputs/credentials.ts";
import { type Inputs, parseInputs } from "../inputs/inputs.ts";
import { labelFor } from "../key/label.ts";
import { registerKey } from "../key/register.ts";
import { withReference } from "../lib/errors.ts";
import { count, listNames } from "../lib/printable.ts";
import { maskCredentials } from "../masks/announce.ts";
import { connect } from "../stash/connect.ts";
import { deleteKey } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";
import { fetchEnvironments } from "../variables/fetch.ts";
import { brokerChecks } from "./broker.ts";
import { type Check, type Finding, runChecks, runIndependentChecks, wrongFinding } from "./checks.ts";
import { machineChecks } from "./machine.ts";
import { accessChecks, accountChecks, dekCheck } from "./service.ts";

/**
 * Checks everything that a pull needs, in order, and reports each result. Writes nothing to the service, unless `full`.
 *
 * @returns whether a pull would work
 */
export async function diagnose(system: System, terminal: Terminal, full: boolean): Promise<boolean> {
  const credentials = readCredentials(system.readInput, system.job.workspace);
  await maskCredentials(system.log, credentials);
  const { inputs, finding } = readInputs(system, credentials);
  const findings = [...(await runIndependentChecks(machineChecks(system))), finding];
  if (inputs?.broker !== undefined) {
    findings.push(...(await runChecks(brokerChecks(system, inputs, inputs.broker, full))));
  } else if (inputs !== undefined) {
    const service = connect(system, inputs.service);
    const account = accountChecks(service, inputs.selection, system.environment);
    const access = full
      ? fullChecks(system, service, inputs)
      : accessChecks(service, inputs.selection, inputs.access);
    findings.push(...(await runChecks([...account, ...access])));
  }
  const works = findings.every(({ state }) => state === "fine");
  for (const found of findings) show(terminal, found);
  terminal.record({ ok: works, findings });
  terminal.say(works ? "\nA pull would work." : "\nA pull would not work.");
  return works;
}

function readInputs(system: System, credentials: Credentials): { inputs?: Inputs; finding: Finding } {
  try {
    const inputs = parseInputs(system.readInput, { ...system, credentials });
    return { inputs, finding: { check: "inputs", state: "fine", detail: "all valid" } };
  } catch (error) {
    return { finding: wrongFinding("inputs", error) };
  }
}

/** Goes the whole way of a pull, with a key that is deleted again. */
function fullChecks(
  system: System,
  service: Service,
  { service: address, access, selection }: Inputs,
): Check[] {
  const deks = new Map<string, Buffer>();
  const { job, log } = system;
  const wholePath: Check = {
    check: "whole path",
    run: async () => {
      const key = await generateDeviceKey();
      const { environments } = selection;
      const grant = findGrant(service, access.grantKey);
      const fetched = await fetchEnvironments(service, environments, grant);
      const label = access.label || labelFor(`doctor on ${job.hostname}`);
      const registered = await registerKey(service, key, job, { label, ttlMinutes: access.ttlMinutes });
      try {
        const context = accessContextOf(system, { access, service: address });
        for (const entry of await obtainDataKeys(service, fetched, registered, context)) deks.set(...entry);
      } finally {
        // Also after Ctrl-C, so on a connection that is not cancelled. A key that cannot be deleted expires by its TTL.
        const { environment } = system;
        await deleteKey(connect({ environment, log }, address), registered.id).catch(() => false);
      }
      const total = fetched.reduce((sum, { items }) => sum + items.length, 0);
      return `device key ${registered.id} was registered, given access to ${listNames(environments)} (${count(total, "variable")}), and deleted`;
    },
  };
  return [wholePath, dekCheck(deks)];
}

function show(terminal: Terminal, { check, state, detail, code }: Finding): void {
  const text = code === undefined ? detail : withReference(detail, code);
  const style = { fine: terminal.good, wrong: terminal.bad, skipped: (word: string) => word }[state];
  terminal.say(
    `${style(state.padEnd(8))} ${check.padEnd(15)} ${text.replaceAll("\n", `\n${" ".repeat(25)}`)}`,
  );
}
