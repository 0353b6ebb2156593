import { connectToBroker, requestGrant } from "../access/broker.ts";
import { checkDek } from "../access/dek-pins.ts";
import type { Host } from "../ci/host.ts";
import { type BrokerInputs, brokerAudience } from "../inputs/broker.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { createKeyDirectory, sessionStart, writeDeviceFile } from "../key/directory.ts";
import { defaultLabel } from "../key/label.ts";
import { obtainKey, type StoredKey } from "../key/obtain.ts";
import { newKeyDirectoryPath } from "../key/path.ts";
import { StashError } from "../lib/errors.ts";
import { settleAll } from "../lib/settle-all.ts";
import { mergeLayers } from "../select/layers.ts";
import { selectVariables } from "../select/selection.ts";
import { locateEnvironment } from "../stash/service.ts";
import { refuseEnvironmentTypes } from "../variables/fetch.ts";
import { findEarlierKey } from "./earlier-key.ts";
import type { Obtained, Recording } from "./obtained.ts";
import { sweepLeftovers } from "./sweep.ts";

/**
 * Gets a key, access and ciphertext from a key broker, by a token that says which job this is. SecretStash itself is never asked.
 *
 * 1. Obtain a key. Sweep what killed jobs left.
 * 2. Ask the CI system for a token: where the job names its audience, for this key alone.
 * 3. Ask the broker, which answers with ciphertext, and with the DEKs wrapped for the key.
 * 4. Check the DEKs and the types, and select the variables by name.
 */
export async function obtainFromBroker(
  host: Host,
  inputs: Inputs,
  broker: BrokerInputs,
  { record, journal }: Recording,
): Promise<Obtained> {
  const { access, selection, service, credentials } = inputs;
  const { idTokens, log } = host;
  const fault = idTokens.findFault();
  if (fault !== undefined) throw fault; // Before a key is generated.
  const connection = connectToBroker(host, { ...service, url: broker.url });
  const earlierKey = idTokens.namesAudience ? undefined : findEarlierKey(host);
  const [{ key, keyDirectory }] = await settleAll(
    earlierKey === undefined
      ? obtainKey(host, (path) => record({ keyDirectory: path }))
      : keepKey(host, earlierKey, (path) => record({ keyDirectory: path })),
    sweepLeftovers(host, ""),
  ); // 1
  const address = brokerAudience(broker.url);
  const audience = idTokens.namesAudience ? `${address}/sha256/${key.fingerprint}` : address;
  const idToken = await idTokens.request(audience, service);
  if (idToken !== credentials.idToken) await log.mask([idToken]); // 2

  record({ fingerprint: key.fingerprint, startedAt: sessionStart(keyDirectory) });
  const { environments } = selection;
  const places = environments.map((name) => {
    const { applicationId, slug } = locateEnvironment(service, name);
    return { application: applicationId || undefined, slug };
  });
  const grant = await requestGrant(connection, idToken, key, places, access.ttlMinutes).catch(
    (error: unknown) => {
      const isUncertain =
        error instanceof StashError && ["BROKER_UNAVAILABLE", "RESPONSE_INVALID"].includes(error.code);
      if (isUncertain) journal.record({ isGrantUncertain: true });
      throw error;
    },
  ); // 3
  await log.mask([grant.release]);
  const { expiresAt, deviceKeyId } = grant;
  // An earlier session of this job ends the grant of a key that they share.
  const ownGrant = earlierKey === undefined ? { grant: { id: grant.id, release: grant.release } } : {};
  record({ expiresAt, ...ownGrant, ...(deviceKeyId !== undefined && { deviceKeyId }) });
  const device = { id: deviceKeyId, label: defaultLabel(host.job), expiresAt };
  if (deviceKeyId !== undefined) await writeDeviceFile(keyDirectory, { ...device, ...key, id: deviceKeyId });

  const fetched = grant.environments.map((given, index) => ({
    ...given,
    environment: environments[index] ?? "",
  }));
  for (const { environment, dek } of fetched) checkDek(access.dekPins, environment, dek, log);
  const types = fetched.map(({ environment, type }) => ({ environment, type }));
  if (selection.environmentTypes.length > 0) refuseEnvironmentTypes(types, selection.environmentTypes);
  const stored = mergeLayers(fetched);
  const selected = selectVariables([...stored.keys()], selection); // 4
  const deks = new Map(fetched.map(({ environment, dek }) => [environment, dek]));
  return { key, keyDirectory, device, stored, selected, deks, types: types.map(({ type }) => type) };
}

/** A copy of a key that an earlier session of this job has, in a key directory of this session's own. */
async function keepKey(
  { job }: Host,
  key: StoredKey["key"],
  remember: (keyDirectory: string) => void,
): Promise<StoredKey> {
  const keyDirectory = newKeyDirectoryPath(job.temporaryDirectory);
  remember(keyDirectory);
  await createKeyDirectory(keyDirectory, key.privateKeyPem);
  return { key, keyDirectory };
}
