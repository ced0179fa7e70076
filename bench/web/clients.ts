import { Agent, get } from "node:http";
import { loadPeer } from "../harness/peers.js";

/** Told of what arrives at a client after its first rows: bytes of bodies, and how many changes they end. */
export type Got = (bytes: number, changes: number) => void;

/** Connects one client over TCP; resolves, when it has the rows, with how to end it. */
export type Open = (port: number, got: Got) => Promise<() => void>;

const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

/** Reads a stream of server-sent events, of which each named `changes`, or with changes in its data, is one. */
export const openStream: Open = (port, got) =>
  new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path: "/live", agent }, (response) => {
      let ready = false;
      let rest = "";
      response.on("data", (chunk: Buffer) => {
        rest += chunk.toString("latin1");
        const events = rest.split("\n\n");
        rest = events.pop()!;
        if (ready) got(chunk.length, events.filter((event) => event.includes("changes")).length);
        else if (events.some((event) => event.includes('"q99"'))) {
          ready = true;
          resolve(() => request.destroy());
        }
      });
      response.on("error", () => undefined);
    });
    request.on("error", reject);
  });

export async function openTriplit(): Promise<Open> {
  return (await loadPeer<{ open: Open }>("web/triplit.mjs")).open;
}
