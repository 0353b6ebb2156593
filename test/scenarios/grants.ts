import { constants, privateDecrypt } from "node:crypto";
import { inject } from "vitest";
import { wrapForKey } from "../stash-server/owner.ts";
import type { Session } from "./session.ts";

/** The environment's DEK, as its owner opens it. */
export function dekOf({ server, account }: Session): Buffer {
  const envelope = JSON.parse(
    server.store.findEnvelope(environmentId({ server, account }), account.ownerKeyId) ?? "{}",
  );
  const key = {
    key: inject("keys").ownerKeys.privateKey,
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: "sha1",
  };
  return privateDecrypt(key, Buffer.from(envelope.ct, "base64url"));
}

/** The owner's side gives a registered key access: what a service with automatic grants, a person or a grant agent does. */
export function grantAsOwner(session: Session, deviceKeyId: number, publicKey?: string): void {
  const { store } = session.server;
  const forKey = publicKey ?? store.findKey(deviceKeyId)?.public_key ?? "";
  store.saveEnvelope(environmentId(session), deviceKeyId, JSON.stringify(wrapForKey(dekOf(session), forKey)));
}

function environmentId({ server, account }: Pick<Session, "server" | "account">): number {
  return server.store.findEnvironment(account.applicationId, account.environment)?.id ?? 0;
}
