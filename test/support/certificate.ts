import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http, { type RequestListener } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
export const opensslTitle = hasOpenssl ? "" : " (openssl is missing: apt-get install openssl)";

/** A made-up host, for what must not be loopback. Nothing resolves it, so it can be reached through a proxy only (RFC 6761 section 6.2). */
export const STASH_HOST = "stash.test";

/** Paths of a key and of a self-signed certificate of `localhost`, 127.0.0.1 and the made-up host, which are deleted when the test ends. */
export function makeCertificate(): { key: string; certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), "tls-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"];
  const names = ["-addext", `subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:${STASH_HOST}`];
  spawnSync("openssl", [...request, ...names, "-keyout", key, "-out", certificate]);
  return { key, certificate };
}

/**
 * An https server on `localhost`, which also proves to be the made-up host, with a self-signed certificate, closed when the test ends.
 *
 * @returns its address and the path of its certificate
 */
export async function startTlsServer(
  listener: RequestListener,
  options: https.ServerOptions = {},
): Promise<{ url: string; certificate: string }> {
  const { key, certificate } = makeCertificate();
  const server = https.createServer(
    { key: readFileSync(key), cert: readFileSync(certificate), ...options },
    listener,
  );
  await new Promise<void>((listening) => server.listen(0, listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, certificate };
}

/** Passes every request on to a server that speaks plain http. */
export function forwardTo(url: string): RequestListener {
  return (incoming, response) => {
    const { method = "", url: path = "", headers } = incoming;
    const onward = http.request(`${url}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onward);
  };
}
