import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connect, type EventSourceLike } from "../../lib/client/index.js";
import {
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { decodeTransition, foldTransition, inspectHandler, syncHandler } from "../../lib/web/index.js";

@Schema("posts")
class Post {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare title: string;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("bigint") declare size: bigint | null;
  @Field("binary") declare data: Uint8Array | null;
}

class Posts extends Migration {
  change() {
    return [create(metadata(Post)), create(index(Post, ["title"]))];
  }
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
let handler: (request: Request) => Promise<Response>;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Posts]] });
  tenant = await Tenant.openEmpty(repo, "web");
  sync = new Sync(repo);
  handler = syncHandler(sync, () => ({
    tenant,
    queries: { posts: sync.all(from(Post).orderBy("title")), first: sync.one(Post, "a") },
  }));
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

const insert = (id: string) =>
  repo.insert(
    Post,
    { id, title: id, at: new Date(5), size: 2n ** 60n, data: Buffer.from([1, 2]) },
    { tenant },
  );

const get = (headers: Record<string, string> = {}, address = "http://localhost/live") =>
  handler(new Request(address, { headers }));

interface SentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Reads events off a response as a browser does. */
class Events {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  constructor(response: Response) {
    this.#reader = response.body!.getReader();
  }

  async next(): Promise<SentEvent> {
    while (!this.#text.includes("\n\n")) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("The stream ended.");
      this.#text += Buffer.from(value).toString();
    }
    const end = this.#text.indexOf("\n\n");
    const lines = this.#text.slice(0, end).split("\n");
    this.#text = this.#text.slice(end + 2);
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
    return { id: field("id"), event: field("event"), data: field("data") };
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

describe("server-sent events", () => {
  test("begin with a snapshot, go on with changes, and carry the cursor as their id", async () => {
    await insert("a");
    const response = await get({ accept: "text/event-stream" });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = new Events(response);
    const snapshot = await events.next();
    expect(snapshot.event).toBe("sync");
    const first = decodeTransition(snapshot.data);
    expect(first).toMatchObject({ type: "snapshot", reason: "initial", cursor: snapshot.id });
    const post = (first as { value: Record<string, unknown[]> }).value.posts![0] as Post;
    expect([post.at, post.size, [...post.data!]]).toEqual([new Date(5), 2n ** 60n, [1, 2]]);
    await insert("b");
    const change = decodeTransition((await events.next()).data);
    expect(change).toMatchObject({ type: "change", changes: { posts: [{ op: "insert", key: "b" }] } });
    const folded = foldTransition(foldTransition({}, first), change) as { posts: Post[]; first: Post };
    expect(folded.posts.map((row) => row.id)).toEqual(["a", "b"]);
    expect(folded.first.id).toBe("a");
    await events.cancel();
  });

  test("a reconnect goes on from Last-Event-ID, or from ?cursor=", async () => {
    await insert("a");
    const events = new Events(await get());
    const { id } = await events.next();
    await events.cancel();
    await insert("b");
    for (const again of [
      await get({ "last-event-id": id }),
      await get({}, `http://localhost/live?cursor=${id}`),
    ]) {
      const resumed = new Events(again);
      expect(decodeTransition((await resumed.next()).data)).toMatchObject({
        type: "change",
        changes: { posts: [{ op: "insert", key: "b" }] },
      });
      await resumed.cancel();
    }
  });

  test("end when the client goes away, and leave no watch", async () => {
    const leaving = new AbortController();
    const response = await handler(new Request("http://localhost/live", { signal: leaving.signal }));
    const events = new Events(response);
    await events.next();
    leaving.abort();
    await expect(events.next()).rejects.toThrow();
    const other = new Events(await get());
    await other.next();
    await other.cancel();
    expect(sync.inspect().subscriptions).toBe(0);
  });
});

test("NDJSON is sent where it is asked for", async () => {
  const response = await get({ accept: "application/x-ndjson" });
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const reader = response.body!.getReader();
  const line = Buffer.from((await reader.read()).value!).toString();
  expect(line.endsWith("\n")).toBe(true);
  expect(decodeTransition(line)).toMatchObject({ type: "snapshot" });
  await reader.cancel();
});

test("what a Sync is doing is answered as JSON, versions as text", async () => {
  await insert("a");
  const events = new Events(await get());
  await events.next();
  const response = inspectHandler(sync)();
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const served = (await response.json()) as { feeds: { version: string }[] };
  expect(served).toMatchObject({ subscriptions: 1, watches: 1, totals: { queries: 2, rows: 2 } });
  expect(served.feeds[0]!.version).toMatch(/^\d+$/);
  const few = inspectHandler(sync, { top: 1 });
  expect(await few().json()).toMatchObject({ queries: { length: 1 }, totals: { queries: 2 } });
  await events.cancel();
});

describe("requests that cannot be served", () => {
  test.each([
    ["another method", 405, () => handler(new Request("http://localhost/live", { method: "PUT" }))],
    ["a form", 415, () => handler(new Request("http://localhost/live", { method: "POST", body: "a=1" }))],
    ["another format", 406, () => get({ accept: "application/json" })],
    ["a cursor of nobody", 400, () => get({ "last-event-id": "nonsense" })],
  ])("%s", async (_, status, ask) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("message");
  });

  test("the application's own answer is sent as it is", async () => {
    const closed = syncHandler(sync, () => new Response(null, { status: 401 }));
    expect((await closed(new Request("http://localhost/live"))).status).toBe(401);
  });
});

describe("the browser's client", () => {
  test("folds events into a whole value", async () => {
    await insert("a");
    const events = new Events(await get());
    const listeners = new Map<string, (event: never) => void>();
    let closed = false;
    const source: EventSourceLike = {
      readyState: 1,
      addEventListener: (type, listener) => void listeners.set(type, listener),
      close: () => {
        closed = true;
      },
    };
    const live = connect("/live", { open: () => source });
    const heard: string[] = [];
    live.on("transition", (transition) => heard.push(transition.type));
    listeners.get("sync")!((await events.next()) as never);
    await insert("b");
    listeners.get("sync")!((await events.next()) as never);
    expect(heard).toEqual(["snapshot", "change"]);
    expect(live.state).toBe("live");
    expect((live.value as unknown as { posts: Post[] }).posts.map((row) => row.id)).toEqual(["a", "b"]);
    listeners.get("error")!({} as never);
    expect(live.state).toBe("stale");
    live.close();
    expect([closed, live.state]).toEqual([true, "closed"]);
    await events.cancel();
  });

  test("uses nothing but the web platform", () => {
    const root = new URL("../../lib/", import.meta.url);
    const seen = new Set<string>();
    const visit = (file: URL): void => {
      if (seen.has(file.href)) return;
      seen.add(file.href);
      const text = readFileSync(file, "utf8");
      expect(text).not.toMatch(/\bBuffer\b|from "node:/);
      for (const match of text.matchAll(/^(?:import|export) (?!type)[^;]*? from "(\.[^"]+)\.js";/gms)) {
        visit(new URL(`${match[1]}.ts`, file));
      }
    };
    visit(new URL("client/index.ts", root));
    expect(seen.size).toBeGreaterThan(3);
  });
});
