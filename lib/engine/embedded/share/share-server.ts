/** The owner's side of a shared store: a socket beside the store that only its user may connect to. */

import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import type { AskedOptions } from "./messages.js";
import { ServedConnection, type ServedHandle } from "./served-connection.js";
import { socketPlace } from "./socket-place.js";

/** Read and write for the user, nothing for others. */
const MODE = 0o600;

export interface ShareServer {
  /** Answers the commits that were handed in, then ends the connections; the socket's file goes. */
  close(): Promise<void>;
}

/** Serves the store in `folder`, whose lock this process has; `open` makes a handle of it for each client. */
export async function serveStore(
  folder: string,
  open: (options: AskedOptions) => Promise<ServedHandle>,
): Promise<ShareServer> {
  const place = socketPlace(folder);
  const connections = new Set<ServedConnection>();
  const server = createServer((socket) => {
    const connection = new ServedConnection(socket, open);
    connections.add(connection);
    void connection.gone.then(() => connections.delete(connection));
  });
  server.unref();
  try {
    // Of an owner that was killed; the lock says that nobody answers there.
    if (process.platform !== "win32") rmSync(place.path, { force: true });
    await listen(server, place.path);
  } catch (error) {
    place.release();
    throw error;
  }
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...connections].map((connection) => connection.stop()));
      await closed;
      place.release();
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  const mask = takeMask();
  try {
    const listening = new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    restoreMask(mask);
    await listening;
    if (process.platform !== "win32") chmodSync(path, MODE);
  } finally {
    restoreMask(mask);
  }
}

/** A worker may not change the mask of its process; there the file has the folder's rights for a moment. */
function takeMask(): number | undefined {
  try {
    return process.umask(0o777 & ~MODE);
  } catch {
    return undefined;
  }
}

function restoreMask(mask: number | undefined): void {
  if (mask !== undefined) process.umask(mask);
}
