import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { App } from "./app.js";

/** The running server: where it is, and how it ends. */
export interface Serving {
  readonly port: number;
  /** Refuses new connections, ends the streams of all pages, and resolves when the last connection is gone. */
  close(): Promise<void>;
}

/** Starts to listen; rejects when the port is taken. */
export async function listen(app: App, port: number, host: string): Promise<Serving> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, "close");
      server.close();
      await app.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
