import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createApp } from "./app.ts";
import { type Clock, createClock } from "./clock.ts";
import { openStore, type Store } from "./store.ts";

const PRUNE_EVERY_MS = 60 * 60_000;

export interface StashServer {
  /** without `/api` */
  url: string;
  store: Store;
  clock: Clock;
  close(): Promise<void>;
}

/** Sees every request before the service does. If it returns an answer, that is sent instead of the service's. */
export type Intercept = (request: Request) => Response | undefined | Promise<Response | undefined>;

/** Sees every answer of the service before it is sent. */
export type Observe = (request: Request, response: Response) => void | Promise<void>;

/** Starts the server on loopback. `data` is a database file; without one, everything is in memory. */
export async function startStashServer(
  options: {
    port?: number;
    data?: string;
    requestsPerMinute?: number;
    /** the length of the rate limit's minute, for load tests */
    windowMs?: number;
    intercept?: Intercept;
    observe?: Observe;
  } = {},
): Promise<StashServer> {
  const clock = createClock();
  const store = openStore(options.data ?? ":memory:", clock);
  const app = createApp(store, clock, options.requestsPerMinute ?? 60, options.windowMs);
  const fetch = async (request: Request) => {
    const response = (await options.intercept?.(request)) ?? (await app.fetch(request.clone()));
    await options.observe?.(request, response);
    return response;
  };
  const pruning = setInterval(() => store.pruneExpiredKeys(), PRUNE_EVERY_MS).unref();
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>(
    (resolve, reject) => {
      const server = serve({ fetch, hostname: "127.0.0.1", port: options.port ?? 0 }, (info: AddressInfo) =>
        resolve({ server, port: info.port }),
      );
      server.once("error", reject);
    },
  );
  return {
    url: `http://127.0.0.1:${port}`,
    store,
    clock,
    close: async () => {
      clearInterval(pruning);
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise((done) => server.close(done));
      store.close();
    },
  };
}
