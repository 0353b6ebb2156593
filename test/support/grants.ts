import { constants, privateDecrypt } from "node:crypto";
import { inject } from "vitest";
import { wrapForKey } from "../stash-server/owner.ts";
import type { Session } from "./session.ts";

/** The environment's DEK, as its owner opens it. */
export function dekOf({ server, account }: Session, slug = account.environment): Buffer {
  const environment = server.store.findEnvironment(account.applicationId, slug)?.id ?? 0;
  const envelope = JSON.parse(server.store.findEnvelope(environment, account.ownerKeyId)?.envelope ?? "{}");
  const key = {
    key: inject("keys").ownerKeys.privateKey,
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: "sha1",
  };
  return privateDecrypt(key, Buffer.from(envelope.ct, "base64url"));
}

/** Gives a registered key access from the owner's side, as a service with automatic grants, a person or a grant agent does. */
export function grantAsOwner(
  session: Session,
  deviceKeyId: number,
  publicKey?: string,
  slug = session.account.environment,
): void {
  const { store } = session.server;
  const forKey = publicKey ?? store.findKey(deviceKeyId)?.public_key ?? "";
  const environment = store.findEnvironment(session.account.applicationId, slug)?.id ?? 0;
  store.saveEnvelope(
    environment,
    deviceKeyId,
    JSON.stringify(wrapForKey(dekOf(session, slug), forKey)),
    "owner",
  );
}
