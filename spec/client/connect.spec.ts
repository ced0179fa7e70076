import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Reason } from "../../lib/client/index.js";
import { change } from "../../lib/index.js";
import { initialOf } from "../../lib/web/index.js";
import { eventually, Item, ids, queriesOf, Stage } from "./stage.js";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open({ heartbeatMs: 20 });
});
afterEach(() => stage.close());

const states = (live: {
  on(event: "state", listener: (state: string, reason: Reason | undefined) => void): unknown;
}) => {
  const seen: [state: string, code: string | undefined, status: number | undefined][] = [];
  live.on("state", (state, reason) => void seen.push([state, reason?.code, reason?.status]));
  return seen;
};

describe("a value that is always whole", () => {
  test("rows as plain data, changes with the rows before and after, previous values", async () => {
    const row = {
      at: new Date(5),
      size: 2n ** 70n,
      data: new Uint8Array([0, 255]),
      price: "12.50",
      meta: { $date: 5, __proto: [{ $bigint: "1" }] },
    };
    await stage.insert("a", row);
    const live = stage.connect();
    await eventually(() => live.state === "live");
    expect(live.value).toEqual({
      items: [{ id: "a", grp: "x", n: 1, ...row }],
      count: 1,
      one: { id: "a", grp: "x", n: 1, ...row },
    });
    const before = live.value!;
    await stage.insert("b");
    await eventually(() => live.value!.items.length === 2);
    // Rows that did not change are the very same.
    expect(live.value!.items[0]).toBe(before.items[0]);
    const told: unknown[] = [];
    live.on("transition", (transition) => void told.push(transition));
    await stage.repo.update(
      change((await stage.repo.get("items" as never, "a" as never).catch(() => null)) ?? (await one("a")), {
        n: 7,
      }),
    );
    await eventually(() => live.value!.one?.n === 7);
    expect(told.at(-1)).toMatchObject({
      type: "change",
      previous: { items: [before.items[0], { id: "b" }], one: before.one },
      changes: {
        items: [{ op: "update", key: "a", changed: ["n"], index: 0, from: 0, before: before.items[0] }],
        one: [{ op: "update", row: { n: 7, size: 2n ** 70n }, before: { n: 1 } }],
      },
    });
  });

  const one = async (id: string) =>
    (await stage.repo.all(Item, { tenant: stage.tenant })).find((row) => row.id === id)!;

  test("a listener that throws stops nobody, and is heard of", async () => {
    const live = stage.connect();
    const complaints: unknown[] = [];
    const { error } = console;
    console.error = (complaint: unknown) => void complaints.push(complaint);
    try {
      const heard: string[] = [];
      live.on("transition", () => {
        throw new Error("a listener");
      });
      live.on("state", () => {
        throw new Error("another");
      });
      live.on("transition", ({ type }) => void heard.push(type));
      await eventually(() => live.state === "live");
      await stage.insert("a");
      await eventually(() => ids(live.value?.items) === "a");
      expect(heard).toContain("change");
      expect(complaints.map(String)).toContain("Error: a listener");
    } finally {
      console.error = error;
    }
  });

  test("wherever the network cuts a stream into pieces", async () => {
    stage.piece = (bytes) => Array.from(bytes, (byte) => new Uint8Array([byte]));
    await stage.insert("ä\u2028😀\n", { meta: "\uFEFF\r\ndata: x\n\nid: 5\u2029" });
    const live = stage.connect();
    await eventually(() => live.state === "live");
    await stage.insert("\u0000b", { meta: ["é"] });
    await eventually(() => live.value!.items.length === 2);
    expect(live.value!.items.map(({ id, meta }) => [id, meta])).toEqual(
      (await stage.sync.subscribe(stage.tenant, { items: queriesOf(stage.sync).items })).value.items.map(
        ({ id, meta }) => [id, meta],
      ),
    );
  });

  test("whatever a proxy does to the ends of lines, and with a mark of byte order", async () => {
    const decoder = new TextDecoder();
    let first = true;
    stage.piece = (bytes) => {
      const text = decoder.decode(bytes).replaceAll("\n", first ? "\r\n" : "\r");
      const mark = first ? "\uFEFF" : "";
      first = false;
      return Array.from(`${mark}${text}`, (letter) => new TextEncoder().encode(letter));
    };
    const live = stage.connect();
    await eventually(() => live.state === "live");
    await stage.insert("a");
    await eventually(() => ids(live.value?.items) === "a");
  });
});

describe("a connection that is lost is made again", () => {
  test.each<[string, () => Promise<Response>, string, number | undefined]>([
    ["refused", () => Promise.reject(new TypeError("fetch failed")), "unreachable", undefined],
    ["500", async () => new Response("<h1>", { status: 500 }), "http_500", 500],
    [
      "502 of a proxy",
      async () => new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }),
      "http_502",
      502,
    ],
    [
      "503",
      async () => new Response(null, { status: 503, headers: { "retry-after": "nonsense" } }),
      "http_503",
      503,
    ],
    ["404 while it is deployed", async () => new Response("", { status: 404 }), "http_404", 404],
    [
      "401",
      async () => Response.json({ code: "expired", message: "Log in." }, { status: 401 }),
      "expired",
      401,
    ],
    [
      "a page instead of a stream",
      async () => new Response("<html>", { headers: { "content-type": "text/html" } }),
      "unexpected_answer",
      200,
    ],
    ["JSON that is no object", async () => new Response("null", { status: 500 }), "http_500", 500],
    [
      "a stream that ends at once",
      async () => new Response("", { headers: { "content-type": "text/event-stream" } }),
      "ended",
      undefined,
    ],
    [
      "half an event",
      async () =>
        new Response('event: sync\ndata: {"type":"snap', {
          headers: { "content-type": "text/event-stream" },
        }),
      "ended",
      undefined,
    ],
    [
      "an event that is none",
      async () =>
        new Response("event: sync\ndata: {}}\n\n", { headers: { "content-type": "text/event-stream" } }),
      "broken",
      undefined,
    ],
    [
      "JSON of another kind",
      async () =>
        new Response("event: sync\ndata: null\n\n", { headers: { "content-type": "text/event-stream" } }),
      "broken",
      undefined,
    ],
    [
      "a change without a value",
      async () =>
        new Response(
          'event: sync\nid: c\ndata: {"type":"change","version":"2","from":"1","changes":{},"commits":1}\n\n',
          { headers: { "content-type": "text/event-stream" } },
        ),
      "broken",
      undefined,
    ],
    [
      "an error in the stream",
      async () =>
        new Response('event: fault\ndata: {"group":"","code":"internal","message":"x","status":500}\n\n', {
          headers: { "content-type": "text/event-stream" },
        }),
      "internal",
      500,
    ],
  ])("after %s", async (_, answer, code, status) => {
    await stage.insert("a");
    let failures = 3;
    stage.instead = () => (failures-- > 0 ? answer() : undefined);
    const live = stage.connect();
    const seen = states(live);
    await eventually(() => live.state === "live");
    expect(seen.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => ["connecting", code, status]));
    expect(ids(live.value?.items)).toBe("a");
    expect(live.reason).toBeUndefined();
  });

  test("from where it was, and shows the old value meanwhile", async () => {
    await stage.insert("a", { meta: "x".repeat(20_000) });
    const live = stage.connect();
    await eventually(() => live.state === "live");
    const types: string[] = [];
    live.on("transition", ({ type }) => void types.push(type));
    const { bytes } = stage;
    stage.cut();
    await eventually(() => live.state === "stale");
    expect(ids(live.value?.items)).toBe("a");
    await stage.insert("b");
    await eventually(() => ids(live.value?.items) === "ab");
    expect(types).not.toContain("snapshot");
    expect(stage.bytes - bytes).toBeLessThan(3_000);
    expect(stage.requests.at(-1)!.url).toMatch(/^\/live\?cursor=/);
  });

  test("at another server, which knows nothing of the one before", async () => {
    const live = stage.connect({ params: { group: { grp: "y" } } });
    const other = live.watch("group", { grp: "z" });
    await eventually(() => live.state === "live" && other.value !== undefined);
    const types: string[] = [];
    live.on("transition", ({ type }) => void types.push(type));
    await stage.replace({ heartbeatMs: 20 });
    await stage.insert("y1", { grp: "y" });
    await stage.insert("z1", { grp: "z" });
    await eventually(() => ids(live.value?.group) === "y1" && ids(other.value?.group) === "z1");
    expect(types).not.toContain("snapshot");
  });

  test("when it has fallen silent", async () => {
    const live = stage.connect();
    await eventually(() => live.state === "live");
    const seen = states(live);
    stage.frozen = true;
    await eventually(() => live.reason?.code === "silent");
    stage.frozen = false;
    await stage.insert("a");
    await eventually(() => live.state === "live" && ids(live.value?.items) === "a");
    expect(seen[0]).toEqual(["stale", "silent", undefined]);
  });

  test("not before Retry-After, in seconds or as a date", async () => {
    for (const [header, least] of [
      ["7", 7_000],
      [new Date(Date.now() + 3_600_000).toUTCString(), 3_500_000],
    ] as const) {
      stage.instead = async () => new Response(null, { status: 429, headers: { "retry-after": header } });
      const live = stage.connect();
      await eventually(() => live.reason !== undefined);
      expect(live.reason!.retryInMs).toBeGreaterThanOrEqual(least);
      live.close();
    }
  });

  test("after waits that grow, and are no two alike", async () => {
    stage.instead = () => Promise.reject(new TypeError("down"));
    const waits: number[] = [];
    const live = stage.connect({ retryMs: 1 });
    live.on("state", (_, reason) => void waits.push(reason!.retryInMs!));
    await eventually(() => waits.length > 6);
    live.close();
    for (const [at, wait] of waits.slice(0, 7).entries()) expect(wait).toBeLessThanOrEqual(2 ** at);
    expect(new Set(waits).size).toBe(waits.length);
  });

  test("until it is closed, and never after that", async () => {
    stage.instead = async () => new Response(null, { status: 503 });
    const live = stage.connect();
    await eventually(() => stage.requests.length > 1);
    live.close();
    const { length } = stage.requests;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stage.requests.length).toBe(length);
    expect([live.state, live.reason?.code]).toEqual(["closed", "closed"]);
    await expect(live.set("group", { grp: "x" })).rejects.toMatchObject({ code: "closed" });
  });

  test("and not after 204, which says that there is no more", async () => {
    stage.instead = async () => new Response(null, { status: 204 });
    const live = stage.connect();
    await eventually(() => live.state === "closed");
    expect(live.reason).toMatchObject({ status: 204 });
  });
});

describe("a cursor goes with a value", () => {
  test("that a page was rendered with: shown at once, and no second snapshot", async () => {
    await stage.insert("a", { at: new Date(5), size: 5n, meta: "</script><script>" });
    const page = await stage.sync.subscribe(
      stage.tenant,
      (({ items, count, one }) => ({ items, count, one }))(queriesOf(stage.sync)),
    );
    const initial = initialOf(page);
    expect(initial).not.toContain("<");
    await stage.insert("b");
    const live = stage.connect({ initial });
    expect(live.value!.items).toEqual([
      expect.objectContaining({ id: "a", at: new Date(5), size: 5n, meta: "</script><script>" }),
    ]);
    const types: string[] = [];
    live.on("transition", ({ type }) => void types.push(type));
    await eventually(() => ids(live.value?.items) === "ab");
    expect(types[0]).toBe("change");
  });

  test("and is left out where there is none", async () => {
    await stage.insert("a");
    const page = await stage.sync.subscribe(
      stage.tenant,
      (({ items, count, one }) => ({ items, count, one }))(queriesOf(stage.sync)),
    );
    const address = `/live?room=1&cursor=${page.cursor}#top`;
    for (const options of [{}, { initial: { cursor: page.cursor } as never }]) {
      const live = stage.connect(options, address);
      await eventually(() => live.state === "live");
      expect(ids(live.value?.items)).toBe("a");
      expect(stage.requests.at(-1)!.url).toBe("/live?room=1");
    }
  });

  test("a cursor that the server refuses is given up, and the value stays until the next one", async () => {
    await stage.insert("a");
    const live = stage.connect({ initial: { value: { items: [] }, cursor: "forged" } });
    const seen = states(live);
    await eventually(() => live.state === "live");
    expect(seen[0]).toEqual(["stale", "invalid_cursor", 400]);
    expect(live.value).toMatchObject({ items: [{ id: "a" }], count: 1 });
  });

  test("a change that does not follow the value is not folded into it", async () => {
    await stage.insert("a");
    const live = stage.connect();
    await eventually(() => live.state === "live");
    const decoder = new TextDecoder();
    // A frame is lost on the way.
    let lost = false;
    stage.piece = (bytes) => {
      if (lost || !decoder.decode(bytes).includes("event: sync")) return [bytes];
      lost = true;
      return [];
    };
    await stage.insert("b");
    await eventually(() => lost);
    await stage.insert("c");
    await eventually(() => ids(live.value?.items) === "abc");
  });
});

describe("headers", () => {
  test("are asked for each time", async () => {
    let token = 0;
    stage.instead = () => (token < 3 ? Promise.resolve(new Response(null, { status: 401 })) : undefined);
    const live = stage.connect({ headers: async () => ({ authorization: `Bearer ${++token}` }) });
    await eventually(() => live.state === "live");
    expect(stage.requests.map(({ headers }) => headers.get("authorization"))).toEqual([
      "Bearer 1",
      "Bearer 2",
      "Bearer 3",
    ]);
    expect(stage.requests[0]!.headers.get("accept")).toBe("text/event-stream");
  });

  test("that cannot be made are a reason to try again", async () => {
    let failures = 2;
    const live = stage.connect({
      headers: () => {
        if (failures-- > 0) throw new Error("no token yet");
        return {};
      },
    });
    await eventually(() => live.state === "live");
  });
});
