import * as v from "valibot";
import { call, environmentPath, type Service, send, statusOf } from "./service.ts";

const answer = v.nullish(v.object({ envelope: v.nullish(v.unknown()) }));

/**
 * The envelope of one key in one environment, still closed. Whether the service says "none" with `null` or with
 * 404 is unknown, so both are none (docs/protocol.md, HTTP).
 */
export async function findEnvelope(
  service: Service,
  environment: string,
  deviceKeyId: number,
): Promise<unknown> {
  const path = `${environmentPath(service, environment, "envelope")}?device_key_id=${deviceKeyId}`;
  try {
    return (await call(service, ["GET", path], answer))?.envelope ?? undefined;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Stores one envelope for one key: the only write this project ever makes to an environment. */
export async function storeEnvelope(
  service: Service,
  environment: string,
  deviceKeyId: number,
  envelope: { v: number; alg: string; ct: string },
): Promise<void> {
  const body = { device_key_id: deviceKeyId, envelope };
  await send(service, "POST", environmentPath(service, environment, "envelope"), body);
}
