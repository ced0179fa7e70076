import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { installPeers } from "./harness/peers.js";
import { loadAverage, type Report } from "./harness/report.js";
import { type Open, openStream, openTriplit } from "./web/clients.js";
import { ROWS } from "./web/quotes.js";
import type { Asked, Told } from "./web/server.js";

const CLIENTS = Number(process.env.PLINTH_CLIENTS ?? 1_000);
const CHANGES = 30;
/** Connections that are opened at once. */
const OPENING = 50;

interface Measured {
  /** From the acknowledged commit until the last client had the last byte, for each change; 0 when that came first. */
  readonly lastMs: readonly number[];
  /** The same from the moment when the change was asked for. */
  readonly wholeMs: readonly number[];
  /** Of the server, for each client and change. */
  readonly cpuMs: number;
  readonly bytes: number;
  /** Of the server, for each client that is connected. */
  readonly heap: number;
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!;

const now = (): number => performance.timeOrigin + performance.now();

async function ask<K extends Told["told"]>(server: ChildProcess, asked: Asked): Promise<Told & { told: K }> {
  server.send(asked);
  return (await once(server, "message"))[0] as Told & { told: K };
}

async function openAll(port: number, open: Open, got: Parameters<Open>[1]): Promise<(() => void)[]> {
  const ends: (() => void)[] = [];
  while (ends.length < CLIENTS) {
    const some = Array.from({ length: Math.min(OPENING, CLIENTS - ends.length) }, () => open(port, got));
    ends.push(...(await Promise.all(some)));
  }
  return ends;
}

/** Changes one row at a time, and waits each time until every client has got the last byte of it. */
async function measure(name: string, open: Open): Promise<Measured> {
  const server = fork(fileURLToPath(new URL("./web/server.js", import.meta.url)), [name], {
    execArgv: ["--expose-gc", "--no-warnings"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    const [listening] = (await once(server, "message")) as [Told & { told: "listening" }];
    const before = await ask<"usage">(server, { ask: "usage" });
    let arrived = 0;
    let bytes = 0;
    let last = 0;
    const ends = await openAll(listening.port, open, (length, changes) => {
      bytes += length;
      arrived += changes;
      if (changes > 0) last = now();
    });
    await sleep(1_000);
    const connected = await ask<"usage">(server, { ask: "usage" });
    const lastMs: number[] = [];
    const wholeMs: number[] = [];
    bytes = 0;
    for (let i = 1; i <= CHANGES; i++) {
      const asked = now();
      const { at } = await ask<"committed">(server, { ask: "change", price: i });
      const end = Date.now() + 60_000;
      while (arrived < i * CLIENTS) {
        if (Date.now() > end)
          throw new Error(`${name}: ${arrived} of ${i * CLIENTS} changes arrived in a minute.`);
        await sleep(1);
      }
      lastMs.push(Math.max(0, last - at));
      wholeMs.push(last - asked);
      await sleep(20);
    }
    const used = await ask<"usage">(server, { ask: "usage" });
    for (const finish of ends) finish();
    const each = CLIENTS * CHANGES;
    return {
      lastMs,
      wholeMs,
      cpuMs: used.cpuMs / each,
      bytes: bytes / each,
      heap: (connected.heap - before.heap) / CLIENTS,
    };
  } finally {
    server.disconnect();
  }
}

/** 1,000 clients that watch one query, each on a TCP connection of its own, beside other ways of telling them. */
export default async function web(report: Report): Promise<void> {
  const versions = installPeers();
  const before = loadAverage();
  const lineup: readonly (readonly [string, string, Open])[] = [
    ["syncHandler", "plinth", openStream],
    ["the query again for each client, and the whole answer", "resend", openStream],
    [`Triplit ${versions["@triplit/server"]}`, "triplit", await openTriplit()],
  ];
  const measured: (readonly [string, Measured])[] = [];
  for (const [title, name, open] of lineup) {
    measured.push([title, await measure(name, open)]);
    console.log(title, JSON.stringify(measured.at(-1)![1]));
  }
  const ours = quantile(measured[0]![1].wholeMs, 0.5);
  report.table(
    `${CLIENTS} clients of one query of ${ROWS} rows; ${CHANGES} changes of one row`,
    [
      "server",
      "commit to last byte, p50 ms",
      "p99 ms",
      "asked to last byte, p50 ms",
      "p99 ms",
      "p50 / syncHandler",
      "CPU ms per client and change",
      "bytes per client and change",
      "heap per client, bytes",
    ],
    measured.map(([title, { lastMs, wholeMs, cpuMs, bytes, heap }]) => [
      title,
      quantile(lastMs, 0.5).toFixed(1),
      quantile(lastMs, 0.99).toFixed(1),
      quantile(wholeMs, 0.5).toFixed(1),
      quantile(wholeMs, 0.99).toFixed(1),
      (quantile(wholeMs, 0.5) / ours).toPrecision(3),
      cpuMs.toFixed(4),
      bytes.toFixed(0),
      heap.toFixed(0),
    ]),
  );
  report.text(
    "Each server is a process of its own with its rows in memory; the clients are one other process, each with a TCP connection " +
      "of its own to it. CPU and heap are those of the server (heap after a collection), bytes those of bodies and messages, " +
      "before compression. The time ends with the last byte at the last client; it begins once with the acknowledged commit and once " +
      "with the change that was asked for, since Triplit acknowledges only after it has told its clients. Triplit's clients speak its WebSocket protocol " +
      "(`CONNECT_QUERY`) without its client library; its server's log is off.",
  );
  report.text(`Load average of the machine before: ${before}; after: ${loadAverage()}.`);
}
