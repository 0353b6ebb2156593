import { createHmac, createPrivateKey, hkdfSync, type KeyObject } from "node:crypto";
import { type DeviceKey, deviceKeyOf } from "../../crypto/device-key.ts";
import { systemCode } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { readNamedFile } from "../../lib/safe-file.ts";
import { connect, type Surroundings } from "../../stash/connect.ts";
import { readOwnKeyFiles } from "../../stash/key-files.ts";
import type { Service } from "../../stash/service.ts";
import { BrokerError } from "../broker-error.ts";
import type { BrokerConfig } from "../policy/config.ts";

// A job waits ten seconds for one answer, and asks again. What SecretStash has not answered by then comes too late.
const SECONDS = 8;

/** The broker's own account with SecretStash: one token and one device key, which opens every environment that the policy names. */
export interface Account {
  service: Service;
  keyId: number;
  /** of the broker's own key, so that nobody gets a grant for it */
  fingerprint: string;
  /** held in memory until the process ends or the key is read again */
  privateKey: KeyObject;
  /** proves to the holder of a grant that it may end it; the same in every copy that has this key */
  releaseOf(grant: string): Buffer;
}

/**
 * Reads the token and the key from their files, which `LoadCredential` or a mounted secret brings.
 *
 * @throws {BrokerError} `policy_invalid` with the file that cannot be used
 */
export function openAccount({ service }: Pick<BrokerConfig, "service">, surroundings: Surroundings): Account {
  const { apiUrl, apiTokenFile, keyDirectory, caFile } = service;
  const { id, privateKeyPem } = readOwnKeyFiles(keyDirectory, (why, cause) =>
    unusable(`service.key-dir ${printable(keyDirectory)} holds no usable device key: ${why}`, cause),
  );
  const key = readKey(privateKeyPem, keyDirectory);
  const releaseKey = Buffer.from(
    hkdfSync(
      "sha256",
      key.privateKey.export({ type: "pkcs8", format: "der" }),
      "",
      "secret-stash broker release v1",
      32,
    ),
  );
  return {
    service: connect(surroundings, {
      apiUrl: new URL(apiUrl),
      apiToken: readToken(apiTokenFile, "service.api-token-file"),
      timeoutSeconds: SECONDS,
      caFile,
    }),
    keyId: id,
    fingerprint: key.fingerprint,
    privateKey: key.privateKey,
    releaseOf: (grant) => createHmac("sha256", releaseKey).update(grant).digest(),
  };
}

/**
 * Reads a file that holds nothing but a token.
 *
 * @throws {BrokerError} `policy_invalid`
 */
export function readToken(path: string, setting: string): string {
  let token: string;
  try {
    token = readNamedFile(path).toString("utf8").trim();
  } catch (cause) {
    throw unusable(`${setting} ${printable(path)} cannot be read (${systemCode(cause)})`, cause);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw unusable(`${setting} ${printable(path)} holds no token`);
  return token;
}

function readKey(pem: string, directory: string): Pick<DeviceKey, "fingerprint"> & { privateKey: KeyObject } {
  try {
    return { privateKey: createPrivateKey(pem), fingerprint: deviceKeyOf(pem).fingerprint };
  } catch (cause) {
    throw unusable(`the private key in service.key-dir ${printable(directory)} cannot be read`, cause);
  }
}

function unusable(what: string, cause?: unknown): BrokerError {
  return new BrokerError("policy_invalid", `The broker's credentials cannot be used: ${what}.`, { cause });
}
