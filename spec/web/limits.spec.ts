import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type HandlerOptions, syncHandler } from "../../lib/web/index.js";
import { eventually, ids, queriesOf, Stage } from "../client/stage.js";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const get = (headers: Record<string, string> = {}) =>
  stage.handler(new Request("http://localhost/live", { headers }));
const post = (body: unknown, type = "application/json") =>
  stage.handler(
    new Request("http://localhost/live", {
      method: "POST",
      headers: { "content-type": type },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );
const told = async (response: Response) => [
  response.status,
  ((await response.json()) as { code: string }).code,
];

describe("connections of one client", () => {
  const limits = { connections: 2, client: (request: Request) => request.headers.get("x-user") ?? "" };

  test("are counted, also those that are being made, and given back", async () => {
    stage.serve({ limits });
    const answers = await Promise.all([1, 2, 3].map(() => get({ "x-user": "ada" })));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(await told(refused[0]!)).toEqual([429, "connection_limit"]);
    expect([refused.length, refused[0]!.headers.get("retry-after")]).toEqual([1, "5"]);
    expect((await get({ "x-user": "bob" })).status).toBe(200);
    for (const { body, status } of answers) if (status === 200) await body!.cancel();
    expect((await get({ "x-user": "ada" })).status).toBe(200);
    // One that fails is given back, too.
    for (let i = 0; i < 5; i++)
      expect((await get({ "x-user": "eve", "last-event-id": "forged" })).status).toBe(400);
    expect((await get({ "x-user": "eve" })).status).toBe(200);
  });
});

describe("requests that are none", () => {
  test.each<[string, unknown, number, string]>([
    ["no JSON", "{", 400, "invalid_request"],
    ["JSON of nothing", "null", 400, "invalid_request"],
    ["no groups", { open: 5 }, 400, "invalid_request"],
    ["groups without labels", { open: [{ group: "1" }] }, 400, "invalid_request"],
    ["a group that ends a line", { open: [{ group: "1\n\ndata: x", labels: {} }] }, 400, "invalid_request"],
    ["a group that is a list", { open: [{ group: ["1"], labels: {} }] }, 400, "invalid_request"],
    ["a cursor that is no text", { open: [{ group: "", labels: {}, cursor: 5 }] }, 400, "invalid_request"],
    ["labels that are none", { open: [{ group: "", labels: { a: "items" } }] }, 400, "invalid_request"],
    [
      "a query of JavaScript",
      { open: [{ group: "", labels: { a: ["constructor"] } }] },
      404,
      "unknown_query",
    ],
    [
      "too many groups",
      { open: Array.from({ length: 101 }, (_, i) => ({ group: `g${i}`, labels: {} })) },
      429,
      "subscription_limit",
    ],
    ["an unknown connection", { connection: "x", add: [] }, 404, "unknown_connection"],
    ["a connection that is an object", { connection: {}, add: [] }, 404, "unknown_connection"],
    [
      "too large",
      { open: [{ group: "", labels: { a: ["items", "x".repeat(70_000)] } }] },
      413,
      "request_too_large",
    ],
  ])("%s", async (_, body, status, code) => {
    expect(await told(await post(body))).toEqual([status, code]);
    await eventually(() => stage.sync.inspect().subscriptions === 0);
  });

  test("a form of another site", async () => {
    expect((await post("open=1", "application/x-www-form-urlencoded")).status).toBe(415);
    expect((await post('{"open":[]}', "text/plain")).status).toBe(415);
  });
});

test.each<[string, HandlerOptions]>([
  ["an unknown one", { authorize: {} } as never],
  ["a heartbeat that never comes", { heartbeatMs: Number.POSITIVE_INFINITY }],
  ["a limit of nothing", { limits: { subscriptions: 0 } }],
  ["an unknown limit", { limits: { sockets: 5 } as never }],
  ["connections of nobody", { limits: { connections: 5 } }],
])("an option that cannot work is refused when the handler is made: %s", (_, options) => {
  expect(() => syncHandler(stage.sync, () => new Response(), options)).toThrow(
    expect.objectContaining({ code: "invalid_options" }),
  );
});

test("labels may be called what JavaScript calls its own, and what the wire does", async () => {
  await stage.insert("a");
  const names = [
    "__proto__",
    "constructor",
    "tag",
    "type",
    "",
    "$",
    "a.b",
    "\u2028",
    "line\nbreak",
    "toString",
  ];
  stage.handler = syncHandler(stage.sync, () => ({
    tenant: stage.tenant,
    queries: Object.fromEntries(names.map((name) => [name, queriesOf(stage.sync).items])),
  }));
  const live = stage.connect();
  await eventually(() => live.state === "live");
  const value = () => live.value as unknown as Record<string, { id: string }[]>;
  expect(Object.keys(value()).sort()).toEqual([...names].sort());
  await stage.insert("b");
  await eventually(() =>
    names.every((name) => ids(Object.getOwnPropertyDescriptor(value(), name)?.value) === "ab"),
  );
  expect(Object.getPrototypeOf(value())).toBe(Object.prototype);
});

test("a subscription whose rules fail ends with a fault in its stream, and tells nothing of the insides", async () => {
  const complaints: unknown[] = [];
  stage.handler = syncHandler(
    stage.sync,
    () => ({
      tenant: stage.tenant,
      queries: queriesOf(stage.sync),
      authorize: {
        row: (row) => {
          if ((row as { id: string }).id === "bad") throw new Error("secret");
          return true;
        },
      },
    }),
    { onError: (error) => void complaints.push(error) },
  );
  const live = stage.connect();
  await eventually(() => live.state === "live");
  const seen: string[] = [];
  live.on("state", (_, reason) => void seen.push(`${reason?.code} ${reason?.message}`));
  await stage.insert("bad");
  await eventually(() => seen.length > 0);
  expect(seen.join()).not.toContain("secret");
  expect(complaints.map(String).join()).toContain("secret");
});
