/** The server of Triplit, in memory, and clients that speak its protocol. */

import { TriplitClient } from "@triplit/client";
import { createServer } from "@triplit/server";
import { defaultMemoryStorage } from "@triplit/server/storage";
import jwt from "jsonwebtoken";
import { WebSocket } from "ws";

const jwtSecret = "a secret of this benchmark alone";
export const token = jwt.sign({ "x-triplit-token-type": "secret" }, jwtSecret);

const freePort = 20_000 + (process.pid % 20_000);

export async function serve(rows, text) {
  const start = await createServer({ storage: defaultMemoryStorage(), jwtSecret });
  await new Promise((resolve) => start(freePort, resolve));
  const { http } = new TriplitClient({
    serverUrl: `http://127.0.0.1:${freePort}`,
    token,
    autoConnect: false,
    storage: "memory",
  });
  const quotes = Array.from({ length: rows }, (_, i) => ({ id: `q${i}`, text: "x".repeat(text), price: 0 }));
  await http.bulkInsert({ quotes });
  return {
    port: freePort,
    change: (id, price) =>
      http.update("quotes", id, (quote) => {
        quote.price = price;
      }),
  };
}

/** Opens one client; resolves when it has the rows. */
export function open(port, got) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/?sync-schema=false&token=${token}`);
    let ready = false;
    socket.on("error", reject);
    socket.on("open", () =>
      socket.send(
        JSON.stringify({ type: "CONNECT_QUERY", payload: { id: "1", params: { collectionName: "quotes" } } }),
      ),
    );
    socket.on("message", (data) => {
      const isRows = data.includes('"ENTITY_DATA"');
      if (ready) return got(data.length, isRows ? 1 : 0);
      if (!isRows) return;
      ready = true;
      resolve(() => socket.terminate());
    });
  });
}
