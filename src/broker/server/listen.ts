import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
import { createAdaptorServer } from "@hono/node-server";
import { systemCode } from "../../lib/errors.ts";
import { BrokerError } from "../broker-error.ts";
import type { BrokerConfig } from "../policy/config.ts";
import type { Endpoint } from "../policy/endpoints.ts";

type Tls = NonNullable<BrokerConfig["tls"]>;

export interface Listener {
  /** as it is reached from this machine */
  url: string;
  /** Takes new certificates for new connections. Throws a BrokerError if they cannot be read. */
  renew(): void;
  /** Stops taking connections, waits for the requests in flight, and ends those that take longer. */
  close(milliseconds: number): Promise<void>;
}

// A request is small, and its answer takes a second at the most. Whoever is slower than that is no job of ours.
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 20_000,
  connectionsCheckingInterval: 2000,
};

/**
 * Listens for HTTP, or for HTTPS if there are certificates.
 *
 * @param port a port of 0 takes a free one
 * @throws {BrokerError} `listen_failed` if the address is taken, `policy_invalid` if the certificates cannot be used
 */
export async function listen(
  fetch: Parameters<typeof createAdaptorServer>[0]["fetch"],
  { host, port }: Endpoint,
  tls: Tls | undefined,
): Promise<Listener> {
  const server = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    createServer: tls === undefined ? createHttpServer : createHttpsServer,
    serverOptions: { ...TIMEOUTS, ...(tls && { ...readCertificate(tls), minVersion: "TLSv1.2" }) },
  } as Parameters<typeof createAdaptorServer>[0]) as Server;
  await new Promise<void>((ready, reject) => {
    server.once("error", (cause) => {
      reject(
        new BrokerError(
          "listen_failed",
          `The broker cannot listen on ${host}:${port} (${systemCode(cause)}).`,
          { cause },
        ),
      );
    });
    server.listen(port, host, ready);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${actual}`,
    renew: () => {
      if (tls !== undefined) (server as unknown as TlsServer).setSecureContext(readCertificate(tls));
    },
    close: async (milliseconds) => {
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), milliseconds);
      await closed;
      clearTimeout(timer);
    },
  };
}

function readCertificate({ certFile, keyFile }: Tls): { cert: Buffer; key: Buffer } {
  try {
    const certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(certificate); // It throws what the server would throw later.
    return certificate;
  } catch (cause) {
    throw new BrokerError(
      "policy_invalid",
      `tls: the certificate or its key cannot be used (${systemCode(cause)}).`,
      { cause },
    );
  }
}
