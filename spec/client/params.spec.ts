import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { change, Tenant } from "../../lib/index.js";
import { syncHandler } from "../../lib/web/index.js";
import { eventually, Item, ids, queriesOf, Stage } from "./stage.js";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open({
    heartbeatMs: 1_000,
    limits: { subscriptions: 5, labels: 5, requestBytes: 2_000 },
  });
  for (const [id, grp] of ["ax", "bx", "cy"]) await stage.insert(id!, { grp: grp! });
});
afterEach(() => stage.close());

describe("parameters of a query", () => {
  test("are set from the browser, over the connection that is there", async () => {
    const live = stage.connect();
    await eventually(() => live.state === "live");
    expect(live.value).not.toHaveProperty("group");
    await live.set("group", { grp: "x" });
    await eventually(() => ids(live.value?.group) === "ab");
    const types: string[] = [];
    live.on("transition", ({ type }) => void types.push(type));
    await live.set("group", { grp: "y" });
    await eventually(() => ids(live.value?.group) === "c");
    // The difference between the two results, and not all labels again.
    expect(types).toEqual(["change"]);
    await live.drop("group");
    await eventually(() => !("group" in live.value!));
    expect(stage.requests.map(({ method }) => method)).toEqual(["GET", "POST", "POST", "POST"]);
    expect(stage.sync.inspect().subscriptions).toBe(1);
  });

  test("that are set before there is a connection, or while there is none, are part of the next one", async () => {
    stage.instead = () => Promise.reject(new TypeError("down"));
    const live = stage.connect();
    const early = live.set("group", { grp: "x" });
    await eventually(() => stage.requests.length > 2);
    stage.instead = undefined;
    await early;
    await eventually(() => ids(live.value?.group) === "ab");
    stage.instead = () => Promise.reject(new TypeError("down"));
    stage.cut();
    const late = live.set("group", { grp: "y" });
    await eventually(() => live.state === "stale");
    stage.instead = undefined;
    await late;
    await eventually(() => ids(live.value?.group) === "c");
    await stage.insert("d", { grp: "y" });
    await eventually(() => ids(live.value?.group) === "cd");
  });

  test("the last of many counts, whatever the network does", async () => {
    const live = stage.connect();
    await eventually(() => live.state === "live");
    let posts = 0;
    stage.instead = (_, { method }) =>
      method === "POST" && posts++ % 2 === 0
        ? Promise.resolve(new Response(null, { status: 502 }))
        : undefined;
    const set = Array.from({ length: 6 }, (_, i) => live.set("group", { grp: i % 2 === 0 ? "x" : "y" }));
    await Promise.all(set);
    await eventually(() => ids(live.value?.group) === "c");
    await stage.insert("d", { grp: "y" });
    await eventually(() => ids(live.value?.group) === "cd");
  });

  test("that the server refuses are not kept, and end nothing", async () => {
    const live = stage.connect();
    await eventually(() => live.state === "live");
    await live.set("group", { grp: "x" });
    await eventually(() => ids(live.value?.group) === "ab");
    await expect(live.set("group", { grp: { no: 1 } } as never)).rejects.toMatchObject({ status: 400 });
    await expect(live.set("broken", {} as never)).rejects.toMatchObject({
      code: "invalid_params",
      status: 400,
    });
    await expect(live.set("__proto__" as never, {} as never)).rejects.toMatchObject({
      code: "unknown_query",
      status: 404,
    });
    await expect(live.set("group", { grp: "x".repeat(3_000) })).rejects.toMatchObject({
      code: "request_too_large",
      status: 413,
    });
    expect(live.state).toBe("live");
    stage.cut();
    await stage.insert("d");
    await eventually(() => ids(live.value?.group) === "abd" && ids(live.value?.items) === "abcd");
  });

  test("that are refused when a stream is opened, too", async () => {
    const live = stage.connect();
    const refused = live.set("broken", {} as never);
    const taken = live.set("group", { grp: "x" });
    await expect(refused).rejects.toMatchObject({ code: "invalid_params" });
    await taken.catch(() => live.set("group", { grp: "x" }));
    await eventually(() => ids(live.value?.group) === "ab");
  });
});

describe("many subscriptions over one connection", () => {
  test("each with its own parameters, its own value and its own end", async () => {
    const live = stage.connect();
    const [x, y, all] = [
      live.watch("group", { grp: "x" }),
      live.watch("group", { grp: "y" }),
      live.watch("items"),
    ];
    await eventually(() => [x, y, all].every(({ value }) => value !== undefined));
    expect([ids(x.value!.group), ids(y.value!.group), ids(all.value!.items)]).toEqual(["ab", "c", "abc"]);
    await stage.insert("d", { grp: "y" });
    await eventually(() => ids(y.value!.group) === "cd" && ids(all.value!.items) === "abcd");
    expect(stage.requests.filter(({ body }) => body === undefined || "open" in (body as object)).length).toBe(
      1,
    );
    y.close();
    await eventually(() => stage.sync.inspect().subscriptions === 3);
    await stage.insert("e", { grp: "y" });
    await eventually(() => ids(all.value!.items) === "abcde");
    expect(ids(y.value!.group)).toBe("cd");
  });

  test("that come and go in one turn are one request, or none", async () => {
    const live = stage.connect();
    await eventually(() => live.state === "live");
    const { length } = stage.requests;
    live.watch("group", { grp: "x" }).close();
    const views = ["x", "y", "z"].map((grp) => live.watch("group", { grp }));
    await eventually(() => views.every(({ value }) => value !== undefined));
    expect(stage.requests.length).toBe(length + 1);
  });

  test("one that is refused ends alone, with the reason", async () => {
    const live = stage.connect();
    const bad = live.watch("broken", {} as never);
    const good = live.watch("group", { grp: "x" });
    await eventually(() => bad.error !== undefined && good.value !== undefined);
    expect(bad.error).toMatchObject({ code: "invalid_params", status: 400 });
    expect(live.state).toBe("live");
    const unknown = live.watch("nothing" as never);
    await eventually(() => unknown.error !== undefined);
    expect(unknown.error).toMatchObject({ code: "unknown_query", status: 404 });
  });

  test("as many as a connection may have", async () => {
    const live = stage.connect();
    await eventually(() => live.state === "live");
    const views = Array.from({ length: 8 }, (_, i) => live.watch("group", { grp: `g${i}` }));
    await eventually(() => views.every(({ value, error }) => value !== undefined || error !== undefined));
    const refused = views.filter(({ error }) => error !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    for (const { error } of refused) expect(error).toMatchObject({ code: "subscription_limit", status: 429 });
    expect(stage.sync.inspect().subscriptions).toBeLessThanOrEqual(5);
  });
});

describe("until", () => {
  test("resolves when the value holds a commit, whether or not it shows", async () => {
    const live = stage.connect();
    const group = live.watch("group", { grp: "y" });
    await eventually(() => group.value !== undefined);
    const write = (body: (tx: { insert: Stage["repo"]["insert"] }) => Promise<unknown>) =>
      stage.repo.transactional(stage.tenant, body as never, { returning: "version" }) as unknown as Promise<{
        version: bigint;
      }>;
    const shown = await write((tx) => tx.insert(Item, { id: "d", grp: "y", n: 1 } as never));
    await Promise.all([live.until(shown.version), group.until(String(shown.version))]);
    expect([ids(live.value!.items), ids(group.value!.group)]).toEqual(["abcd", "cd"]);
    // Nothing of it is seen by the group: heartbeats of the Sync come every 15 s, and this does not wait for one.
    const hidden = await write((tx) => tx.insert(Item, { id: "e", grp: "x", n: 1 } as never));
    await group.until(hidden.version);
    expect(group.version).toBeGreaterThanOrEqual(hidden.version);
    await group.until(0n);
  });

  test("rejects at the end", async () => {
    const live = stage.connect();
    await eventually(() => live.state === "live");
    const waiting = live.until(2n ** 62n);
    live.close();
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
  });
});

describe("rights", () => {
  test("a connection of another tenant is not there", async () => {
    const other = await Tenant.openEmpty(stage.repo, "other");
    const handler = syncHandler(stage.sync, (request) => ({
      tenant: request.headers.get("x-tenant") === "other" ? other : stage.tenant,
      queries: queriesOf(stage.sync),
    }));
    stage.handler = handler;
    const live = stage.connect();
    await eventually(() => live.state === "live");
    await live.set("group", { grp: "x" });
    const { connection } = stage.requests.at(-1)!.body as { connection: string };
    const post = (headers: Record<string, string>) =>
      handler(
        new Request("http://localhost/live", {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify({ connection, set: ["", "group", "group", { grp: "y" }] }),
        }),
      );
    const refused = await post({ "x-tenant": "other" });
    expect([refused.status, await refused.json()]).toMatchObject([404, { code: "unknown_connection" }]);
    expect((await post({})).status).toBe(204);
  });
});

test("a change of one row of many is one row of the value", async () => {
  const live = stage.connect();
  await eventually(() => live.state === "live");
  const before = live.value!.items;
  const row = (await stage.repo.all(Item, { tenant: stage.tenant }))[1] as Item;
  await stage.repo.update(change(row, { n: 9 }));
  await eventually(() => live.value!.items[1]!.n === 9);
  expect(live.value!.items.map((each, at) => each === before[at])).toEqual([true, false, true]);
});
