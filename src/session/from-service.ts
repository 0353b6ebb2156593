import { accessContextOf, obtainDataKeys } from "../access/data-keys.ts";
import { findGrant } from "../access/grant.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { sessionStart, writeDeviceFile } from "../key/directory.ts";
import { defaultLabel } from "../key/label.ts";
import { obtainKey } from "../key/obtain.ts";
import { registerKey } from "../key/register.ts";
import { settleAll } from "../lib/settle-all.ts";
import { mergeLayers } from "../select/layers.ts";
import { selectVariables } from "../select/selection.ts";
import { connect } from "../stash/connect.ts";
import type { Service } from "../stash/service.ts";
import { checkEnvironmentTypes, fetchEnvironments } from "../variables/fetch.ts";
import type { Obtained, Recording } from "./obtained.ts";
import { sweepLeftovers } from "./sweep.ts";

/**
 * Gets a key, access and ciphertext from SecretStash itself, with a token of the job's own.
 *
 * 1. Obtain a key, and fetch everything that does not need it meanwhile. Sweep what killed jobs left.
 * 2. Select the variables by name.
 * 3. Register the key, and give it access.
 */
export async function obtainFromService(
  host: Host,
  inputs: Inputs,
  { record }: Recording,
): Promise<Obtained> {
  const { access, selection } = inputs;
  const service = connect(host, inputs.service);
  const [{ key, keyDirectory }, { fetched, types }] = await settleAll(
    obtainKey(host, (path) => record({ keyDirectory: path })),
    fetch(service, inputs),
    sweepLeftovers(host, inputs.service.apiToken),
  ); // 1
  const stored = mergeLayers(fetched);
  const selected = selectVariables([...stored.keys()], selection); // 2

  record({ fingerprint: key.fingerprint, startedAt: sessionStart(keyDirectory) });
  const label = access.label || defaultLabel(host.job);
  const device = await registerKey(service, key, host.job, { label, ttlMinutes: access.ttlMinutes });
  record({ deviceKeyId: device.id, expiresAt: device.expiresAt });
  await writeDeviceFile(keyDirectory, device);
  const deks = await obtainDataKeys(service, fetched, device, accessContextOf(host, inputs)); // 3
  return { key, keyDirectory, device, stored, selected, deks, types };
}

/** Fetches everything that does not need the temporary key. With `environment-types`, nothing is fetched before every type was checked. */
async function fetch(service: Service, { selection, access }: Inputs) {
  const { environments, environmentTypes } = selection;
  const types =
    environmentTypes.length > 0 ? await checkEnvironmentTypes(service, environments, environmentTypes) : [];
  const grant = findGrant(service, access.grantKey);
  return { fetched: await fetchEnvironments(service, environments, grant), types };
}
