import { connectToBroker, releaseGrant } from "../access/broker.ts";
import type { Host } from "../ci/host.ts";
import { describeNetwork } from "../http/network.ts";
import type { CleanUpInputs } from "../inputs/clean-up.ts";
import type { SavedUndo, Undo } from "../journal/undo-journal.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { connect, within } from "../stash/connect.ts";
import { deleteKey, listKeys } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";

const SECONDS = 10;

/**
 * Deletes the session's key from the service. The token takes the way that it took when the key was registered: to the same origin, through
 * the same proxies, to a server that the same authorities vouch for. Other steps may have changed all of these since.
 *
 * @returns whether the service no longer has the key
 */
export async function revokeKey(
  { environment, log }: Host,
  { apiToken, apiUrl, brokerUrl, revoke, caFile }: Omit<CleanUpInputs, "leakCheck" | "leakIgnore">,
  { undo, isSealed }: SavedUndo,
  warnings: string[],
): Promise<boolean> {
  const { deviceKeyId, fingerprint, origin, network, grant, isGrantUncertain } = undo;
  if (fingerprint === undefined) return true; // It was never registered.
  // It was refused, or is an earlier session's to end.
  if (brokerUrl !== undefined && isSealed && grant === undefined && !isGrantUncertain) return true;
  if (!revoke) return false;
  if (isGrantUncertain) {
    warnings.push(
      `the key broker's answer was lost, so what it may have granted could not be released. If it registered the job's key, that ${describeExpiry(undo)}.`,
    );
    return false;
  }
  const giveUp = (why: string) => {
    const key =
      deviceKeyId === undefined
        ? "a device key of this job may still be registered"
        : `device key ${deviceKeyId} is still registered`;
    warnings.push(
      `${grant === undefined ? key : "the grant was not released"} (${why}). It ${describeExpiry(undo)}.`,
    );
    return false;
  };
  if (!isSealed || network === undefined) return giveUp("TOKEN_REFUSED"); // There is none.
  if (origin !== (brokerUrl ?? apiUrl).href) {
    const setting = brokerUrl === undefined ? "api-url" : "broker-url";
    return giveUp(`the token was not sent, because ${setting} is no longer what it was`);
  }
  const now = describeNetwork(environment, caFile);
  if (now.caFile !== network.caFile)
    return giveUp("the token was not sent, because ca-file is no longer what it was");
  try {
    // Without the cancellation of the session: a cancelled job is cleaned up like any other.
    const ignoresInherited = now.inherited !== network.inherited;
    const way = { environment: network.proxies, log, ignoresInherited };
    if (grant !== undefined && brokerUrl !== undefined) {
      await releaseGrant(connectToBroker(way, { url: brokerUrl, caFile, timeoutSeconds: SECONDS }), grant);
      return true;
    }
    const address = { apiUrl, apiToken, caFile, timeoutSeconds: SECONDS };
    const service = within(connect(way, address), SECONDS);
    const id = deviceKeyId ?? (await findRegisteredId(service, fingerprint));
    return id === undefined || (await deleteKey(service, id));
  } catch (error) {
    return giveUp(error instanceof StashError ? error.code : systemCode(error));
  }
}

/** If the answer to the registration never arrived, the service may have registered the key anyway. */
async function findRegisteredId(service: Service, fingerprint: string): Promise<number | undefined> {
  return (await listKeys(service)).find((key) => key.fingerprint === fingerprint)?.id;
}

/** When a key ends by itself, as the end of a sentence. */
export function describeExpiry({ expiresAt, masksDetails }: Undo): string {
  return expiresAt === undefined || masksDetails
    ? "expires when its TTL is over"
    : `expires at ${printable(expiresAt)}`;
}
