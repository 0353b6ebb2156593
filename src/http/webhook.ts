import { createAgent, moduleFor, type Route } from "./connection.ts";

const SECONDS = 10;

/**
 * Posts a message once: no retry, no redirect, no token. Whatever the other side answers is not read.
 *
 * @param address https, or http on loopback
 * @throws {StashError} `PROXY_INVALID`; the system's error, or one whose code is `HTTP_` and the status, if the message was not accepted
 */
export function postMessage(address: URL, message: object, route: Route): Promise<void> {
  const { request } = moduleFor(address);
  const body = JSON.stringify(message);
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const refuse = (status = 0) => reject(Object.assign(new Error("refused"), { code: `HTTP_${status}` }));
    const agent = createAgent(address, route);
    request(address, { method: "POST", headers, agent, signal: AbortSignal.timeout(SECONDS * 1000) })
      .on("response", ({ statusCode = 0, socket }) => {
        socket.destroy();
        if (statusCode >= 200 && statusCode < 300) resolve();
        else refuse(statusCode);
      })
      .on("upgrade", ({ statusCode }, socket) => {
        socket.destroy();
        refuse(statusCode);
      })
      .on("error", reject)
      .end(body);
  });
}
