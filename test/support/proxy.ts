import http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy that leads every `CONNECT` and every request in absolute form (RFC 9112 section 3.2.2) to this machine, and notes its target. */
export async function startProxy(): Promise<{ url: string; port: number; targets: string[] }> {
  const targets: string[] = [];
  const server = http.createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    targets.push(url);
    const onward = http.request({ host: "127.0.0.1", port: new URL(url).port, path: url, method, headers });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on("connect", ({ url = "" }, client) => {
    targets.push(url);
    const onward = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(client).pipe(onward);
    });
    for (const socket of [onward, client]) socket.on("error", () => {});
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, targets };
}
