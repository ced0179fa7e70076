import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { eventually, ids, Stage } from "./stage.js";

/** What a browser has and Node has not. */
const page = globalThis as unknown as Record<string, unknown>;
const names = ["addEventListener", "removeEventListener", "document", "navigator"];
const before = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
const define = (name: string, value: unknown) =>
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

let stage: Stage;
let target: EventTarget;
let heard: Map<string, number>;
beforeEach(async () => {
  stage = await Stage.open();
  target = new EventTarget();
  heard = new Map();
  const count = (type: string, by: number) => heard.set(type, (heard.get(type) ?? 0) + by);
  define("addEventListener", (type: string, listener: () => void) => {
    count(type, 1);
    target.addEventListener(type, listener);
  });
  define("removeEventListener", (type: string, listener: () => void) => {
    count(type, -1);
    target.removeEventListener(type, listener);
  });
  define("document", { visibilityState: "visible" });
  define("navigator", { onLine: true });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.close();
  // Nobody listens to a page that has closed its connections.
  expect([...heard.values()].every((count) => count === 0)).toBe(true);
  for (const [name, descriptor] of before) {
    if (descriptor === undefined) delete page[name];
    else Object.defineProperty(globalThis, name, descriptor);
  }
});

const happens = (type: string) => target.dispatchEvent(new Event(type));

test("an hour of sleep: the page is looked at, and goes on from where it was", async () => {
  await stage.insert("a");
  const live = stage.connect();
  await eventually(() => live.state === "live");
  const types: string[] = [];
  live.on("transition", ({ type }) => void types.push(type));
  // The connection died in the sleep, and nobody has told.
  stage.frozen = true;
  await stage.insert("b");
  const { length } = stage.requests;
  const now = Date.now();
  for (const jump of [3_600_000, -3_600_000]) {
    jest.spyOn(Date, "now").mockReturnValue(now + jump);
    stage.frozen = false;
    define("document", { visibilityState: "hidden" });
    happens("visibilitychange");
    expect(live.state).toBe("live");
    define("document", { visibilityState: "visible" });
    happens("visibilitychange");
    expect([live.state, live.reason?.code]).toEqual(["stale", "silent"]);
    await eventually(() => live.state === "live" && ids(live.value?.items) === "ab");
  }
  expect(stage.requests.length).toBe(length + 2);
  expect(types).not.toContain("snapshot");
});

test("a page that is looked at in time keeps its connection", async () => {
  const live = stage.connect();
  await eventually(() => live.state === "live");
  for (const type of ["visibilitychange", "online"]) happens(type);
  expect([live.state, stage.requests.length]).toEqual(["live", 1]);
});

test("a wait of an hour ends when the device is online again", async () => {
  stage.instead = async () => new Response(null, { status: 503, headers: { "retry-after": "3600" } });
  const live = stage.connect();
  await eventually(() => live.reason?.status === 503);
  stage.instead = undefined;
  happens("online");
  await eventually(() => live.state === "live");
});

test("a device that is offline says so, and so does the connection until something comes", async () => {
  const live = stage.connect();
  await eventually(() => live.state === "live");
  define("navigator", { onLine: false });
  happens("offline");
  expect([live.state, live.reason?.code]).toEqual(["offline", "offline"]);
  // It was a moment, and the connection may be as good as before: nobody can tell, so another one is made.
  define("navigator", { onLine: true });
  happens("online");
  await eventually(() => live.state === "live");
  define("navigator", { onLine: false });
  happens("offline");
  stage.instead = () => Promise.reject(new TypeError("no network"));
  stage.cut();
  await eventually(() => live.reason?.code === "unreachable");
  expect(live.state).toBe("offline");
  define("navigator", { onLine: true });
  stage.instead = undefined;
  happens("online");
  await eventually(() => live.state === "live");
});
