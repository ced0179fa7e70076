import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { change, type Repo, Sync, type Tenant } from "../../lib/index.js";
import { nodeHandler, syncHandler } from "../../lib/web/index.js";
import { loadPeer } from "../harness/peers.js";
import { Quote, ROWS, store, TEXT } from "./quotes.js";

/** A server under measurement, in a process of its own: what the parent asks, and what it is told. */
export type Asked = { readonly ask: "change"; readonly price: number } | { readonly ask: "usage" };
export type Told =
  | { readonly told: "listening"; readonly port: number }
  /** `at` on the clock of the machine. */
  | { readonly told: "committed"; readonly at: number }
  | { readonly told: "usage"; readonly cpuMs: number; readonly heap: number };

interface Server {
  readonly port: number;
  /** Sets the price of one row; resolves when that is acknowledged. */
  change(id: string, price: number): Promise<unknown>;
}

interface Peer {
  serve(rows: number, text: number): Promise<Server>;
}

const tell = (told: Told): void => {
  process.send?.(told);
};

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
  return (server.address() as AddressInfo).port;
}

const changing = (repo: Repo, tenant: Tenant) => async (id: string, price: number) => {
  const quote = (await repo.get(Quote, id, { tenant }))!;
  await repo.update(change(quote, { price }));
};

async function plinth(): Promise<Server> {
  const [repo, tenant] = await store();
  const sync = new Sync(repo);
  const live = syncHandler(sync, () => ({ tenant, queries: { quotes: sync.all(Quote) } }));
  return { port: await listen(nodeHandler(live)), change: changing(repo, tenant) };
}

/** What is done without live queries: a signal, and each client is sent what a query gives now. */
async function resend(): Promise<Server> {
  const [repo, tenant] = await store();
  const sync = new Sync(repo);
  const signal = await sync.subscribe(tenant, { quotes: sync.signal(Quote) });
  const clients = new Set<ServerResponse>();
  const send = async (response: ServerResponse, event: string): Promise<void> => {
    const data = JSON.stringify(await repo.all(Quote, { tenant }));
    response.write(`event: ${event}\ndata: ${data}\n\n`);
  };
  signal.on("change", () => {
    for (const response of clients) void send(response, "changes");
  });
  const port = await listen((request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    clients.add(response);
    request.on("close", () => clients.delete(response));
    void send(response, "snapshot");
  });
  return { port, change: changing(repo, tenant) };
}

async function triplit(): Promise<Server> {
  // It tells of every message, which costs more than the message.
  console.log = () => undefined;
  return (await loadPeer<Peer>("web/triplit.mjs")).serve(ROWS, TEXT);
}

const servers: Readonly<Record<string, () => Promise<Server>>> = { plinth, resend, triplit };

async function main(name: string): Promise<void> {
  const server = await servers[name]!();
  let cpu = process.cpuUsage();
  process.on("message", async (asked: Asked) => {
    if (asked.ask === "change") {
      await server.change(`q${asked.price}`, asked.price);
      tell({ told: "committed", at: performance.timeOrigin + performance.now() });
      return;
    }
    const { user, system } = process.cpuUsage(cpu);
    (globalThis as { gc?: () => void }).gc?.();
    tell({ told: "usage", cpuMs: (user + system) / 1000, heap: process.memoryUsage().heapUsed });
    cpu = process.cpuUsage();
  });
  process.on("disconnect", () => process.exit(0));
  tell({ told: "listening", port: server.port });
}

await main(process.argv[2]!);
