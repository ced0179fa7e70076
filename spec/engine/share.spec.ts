import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Link } from "../../lib/engine/embedded/share/index.js";
import { SharedEngine } from "../../lib/engine/embedded/shared-engine.js";
import { outstandingWatches } from "../../lib/engine/embedded/test-access.js";
import {
  backupStore,
  type Engine,
  EngineError,
  openEngine,
  openOrJoin,
  storeStat,
  transact,
} from "../../lib/engine/index.js";
import { engineSuite } from "../../lib/testing/engine-suite/engine-suite.js";
import { bundle } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "plinth-share-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const key = (text: string): Buffer => Buffer.from(text);
const joins = (path: string, options = {}): Promise<Engine> => SharedEngine.open(path, options, "joins");
const codeOf = (work: Promise<unknown>): Promise<number | string> =>
  work.then(
    () => 0,
    (error: EngineError) => error.fdbCode ?? error.code,
  );

let owner: Engine;
const at = join(folder, "suite");
beforeAll(async () => {
  owner = await openEngine(`embedded:${at}?share`);
});
afterAll(() => owner.close());

engineSuite({
  ...{ describe, test, beforeAll, afterAll, expect },
  name: "a shared store through its owner",
  open: () => joins(at),
});

describe("a shared store", () => {
  test("has its socket in its folder, for its user only, and both handles see one store", async () => {
    expect(statSync(join(at, "socket")).mode & 0o777).toBe(0o600);
    const other = await joins(at);
    const watching = other.begin();
    const watch = watching.watch(key("seen"));
    await watching.commit();
    await transact(owner, async (tx) => tx.set(key("seen"), key("1")));
    await watch.promise;
    const tx = other.begin();
    expect(String(await tx.get(key("seen")))).toBe("1");
    await transact(owner, async (mine) => mine.set(key("seen"), key("2")));
    tx.set(key("other"), key("1"));
    expect(await codeOf(tx.commit())).toBe(1020);
    // A cursor of one process is known in the other, also before that one has read anything.
    const third = await joins(at);
    const name = owner.lives!.nameAt(await owner.begin().getReadVersion());
    expect([third.lives!.knows(name), other.lives!.knows(name), third.lives!.knows("no.1")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(other.lives!.nameAt(await other.begin().getReadVersion())).toBe(name);
    await Promise.all([other.close(), third.close()]);
    expect(outstandingWatches(owner)).toBe(0);
  });

  test("keeps a client's transactions and watches no longer than the client", async () => {
    const client = await joins(at);
    const [pending, watched] = [client.begin(), client.begin()];
    pending.set(key("never"), key("1"));
    const watch = watched.watch(key("never"));
    await watched.commit();
    expect(await codeOf(pending.get(key("never")))).toBe(0);
    await client.close();
    expect(await codeOf(watch.promise)).toBe(1101);
    expect(await codeOf(pending.commit())).toBe(1025);
    expect(() => client.begin()).toThrow(/closed/);
    expect(await transact(owner, (tx) => tx.get(key("never")))).toBeUndefined();
  });

  test("answers a commit that was handed in when its client closes, and when its owner does", async () => {
    const path = join(folder, "closing");
    const first = (await openEngine(`embedded:${path}?share`)) as SharedEngine;
    const client = await joins(path);
    const commit = (name: string): Promise<void> => {
      const tx = client.begin();
      tx.set(key(name), key("1"));
      return tx.commit();
    };
    const beside = Array.from({ length: 20 }, (_, n) => commit(`owner-${n}`));
    await new Promise((resolve) => setImmediate(resolve));
    const watching = client.begin();
    const watch = watching.watch(key("w"));
    await watching.commit();
    await first.close();
    const outcomes = await Promise.all(beside.map(codeOf));
    expect(outcomes.every((code) => code === 0 || code === 1021)).toBe(true);
    expect(await codeOf(watch.promise)).toBe(1037);
    expect(await codeOf(client.begin().get(key("w")))).toBe(1037);
    // Nobody serves it any more, and a client that only joins does not become the owner.
    expect(await codeOf(transact(client, (tx) => tx.get(key("w"))))).toBe("store_locked");
    const next = await openEngine(`embedded:${path}?share`);
    const found = await transact(client, async (tx) =>
      Promise.all(beside.map((_, n) => tx.get(key(`owner-${n}`)))),
    );
    expect(found.map((value, n) => value !== undefined || outcomes[n] === 1021)).toEqual(
      found.map(() => true),
    );
    const last = commit("client");
    await Promise.all([client.close(), last]);
    await next.close();
  });

  test("options: what an owner has not is refused, a stronger durability is taken over", async () => {
    const path = join(folder, "options");
    const relaxed = await openEngine(`embedded:${path}?share`, { durability: "relaxed", maxWatches: 5 });
    expect(await codeOf(joins(path, { maxWatches: 6 }))).toBe("store_options");
    expect(await codeOf(joins(path, { clock: () => 1 }))).toBe("store_options");
    const durable = await joins(path, { durability: "sync", maxWatches: 5, timeoutMs: 60_000 });
    await transact(durable, async (tx) => tx.set(key("a"), key("1")));
    expect(statSync(join(path, "journal.0")).size > 0).toBe(true);
    const tx = durable.begin();
    const watches = Array.from({ length: 6 }, () => tx.watch(key("w")));
    await tx.commit();
    expect(await codeOf(watches[5]!.promise)).toBe(1032);
    await Promise.all([durable.close(), relaxed.close()]);
    await expect(openEngine(`embedded:${path}?shared`)).rejects.toMatchObject({ code: "invalid_url" });
    await expect(openEngine("embedded:?share")).rejects.toMatchObject({ code: "invalid_url" });
  });

  test("a store whose owner does not share it says how, and one that does is joined by tools", async () => {
    const path = join(folder, "alone");
    const alone = await openEngine(`embedded:${path}`);
    await expect(joins(path)).rejects.toThrow(/\?share/);
    await alone.close();
    const reader = await SharedEngine.open(at, {}, "reads");
    expect(await codeOf(transact(reader, async (tx) => tx.set(key("mine"), key("1"))))).toBe(2023);
    expect(await codeOf(transact(reader, (tx) => tx.get(key("mine"))))).toBe(0);
    expect((await storeStat(reader))?.newest).toBe((await storeStat(owner))?.newest);
    await reader.close();
    const tool = await openOrJoin(`embedded:${path}`);
    expect(tool.begin().constructor.name).toBe("EmbeddedTransaction");
    await tool.close();
  });

  test("strangers on the socket end their own connection and nothing else", async () => {
    for (const bytes of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.from([3, 0, 0, 0, 1, 2, 3]),
      Buffer.alloc(64, 0xff),
    ]) {
      const socket = connect(join(at, "socket"));
      socket.on("error", () => undefined);
      socket.write(bytes);
      socket.resume();
      await once(socket, "close");
    }
    const client = await joins(at);
    expect(await codeOf(client.begin().get(key("a")))).toBe(0);
    await client.close();
  });

  test("an owner that ends before it has greeted is one that nobody reaches", async () => {
    const path = join(folder, "ending");
    mkdirSync(path);
    const server = createServer((socket) => socket.once("data", () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(join(path, "socket"), resolve));
    expect(await Link.connect(path, {})).toBeUndefined();
    await new Promise((resolve) => server.close(resolve));
    expect(await Link.connect(path, {})).toBeUndefined();
  });

  test("a client that does not read what it is sent is not read from either", async () => {
    await transact(owner, async (tx) => tx.set(key("large"), Buffer.alloc(100_000)));
    const client = (await joins(at)) as SharedEngine;
    // Asks without taking the answers: what waits is in the socket, and the rest unread.
    const socket = (
      client.link as unknown as { frames: { socket: { pause(): void; resume(): void; bytesRead: number } } }
    ).frames.socket;
    const tx = client.begin();
    await tx.getReadVersion();
    socket.pause();
    const answers = Array.from({ length: 60 }, () => tx.get(key("large")));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sent = await transact(owner, (mine) => mine.get(key("large")));
    expect(sent?.length).toBe(100_000);
    socket.resume();
    expect((await Promise.all(answers)).every((value) => value?.length === 100_000)).toBe(true);
    await client.close();
  });

  test("a folder whose path is longer than a socket's may be", async () => {
    const path = join(folder, "long".repeat(30), "long".repeat(10));
    mkdirSync(path, { recursive: true });
    const first = await openEngine(`embedded:${path}?share`);
    const client = await joins(path);
    await transact(client, async (tx) => tx.set(key("a"), key("1")));
    const copy = join(folder, "copy");
    expect((await backupStore(client, copy)).rows > 0).toBe(true);
    await Promise.all([client.close(), first.close()]);
  });
});

describe("a store shared by processes", () => {
  interface Counting {
    readonly child: ChildProcess;
    next(): Promise<string>;
    end(): Promise<void>;
  }

  async function counting(
    path: string,
    name: string,
    loops: number,
    count: number,
    pause = 0,
  ): Promise<Counting> {
    const file = await bundle(join(import.meta.dirname, "children/share.ts"));
    const child = spawn(process.execPath, [file, path, name, ...[loops, count, pause].map(String)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let text = "";
    const waiting: (() => void)[] = [];
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (const wake of waiting.splice(0)) wake();
    });
    const closed = once(child, "close").then(() => {
      for (const wake of waiting.splice(0)) wake();
    });
    const next = async (): Promise<string> => {
      while (!text.includes("\n") && child.exitCode === null && child.signalCode === null)
        await new Promise<void>((resolve) => waiting.push(resolve));
      const [line = "", ...rest] = text.split("\n");
      text = rest.join("\n");
      return line;
    };
    return {
      child,
      next,
      async end() {
        child.stdin!.end();
        await closed;
      },
    };
  }

  const numberOf = async (engine: Engine): Promise<number> =>
    Buffer.from((await transact(engine, (tx) => tx.get(key("counter"))))!).readUInt32LE(0);

  test("every increment of two processes is counted once", async () => {
    const path = join(folder, "burst");
    const two = [await counting(path, "a", 5, 10), await counting(path, "b", 5, 10)] as const;
    const opened = await Promise.all(two.map((one) => one.next()));
    expect(opened.sort()).toEqual(["open EmbeddedTransaction", "open RemoteTransaction"]);
    for (const one of two) {
      expect(await one.next()).toBe("going");
      expect(JSON.parse(await one.next())).toEqual({ acknowledged: 50, unknown: 0 });
    }
    const engine = await openOrJoin(`embedded:${path}`);
    expect(await numberOf(engine)).toBe(100);
    await engine.close();
    await Promise.all(two.map((one) => one.end()));
  });

  test("when the owner is killed the other goes on as the owner, and nothing acknowledged is lost", async () => {
    const path = join(folder, "killed");
    const first = await counting(path, "a", 1, 100_000, 20);
    expect(await first.next()).toBe("open EmbeddedTransaction");
    const second = await counting(path, "b", 4, 15);
    expect(await second.next()).toBe("open RemoteTransaction");
    expect(await second.next()).toBe("going");
    first.child.kill("SIGKILL");
    await first.end();
    const { acknowledged, unknown } = JSON.parse(await second.next()) as {
      acknowledged: number;
      unknown: number;
    };
    expect(acknowledged).toBe(60);
    const engine = await openOrJoin(`embedded:${path}`);
    const rows = await transact(engine, async (tx) => {
      const found: number[] = [];
      for (let n = 0; n < 60; n++) found.push((await tx.get(key(`b/${n}`))) === undefined ? 0 : 1);
      return found.reduce((sum, one) => sum + one, 0);
    });
    // Loops that run beside each other name the same row now and then; none that was named last is missing.
    expect(rows > 0).toBe(true);
    // Each acknowledged increment is one; one of unknown outcome may have been another.
    expect((await numberOf(engine)) >= acknowledged).toBe(true);
    expect(unknown <= 4).toBe(true);
    await engine.close();
    await second.end();
  });
});
