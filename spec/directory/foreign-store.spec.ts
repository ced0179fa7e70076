import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DirectoryLayer } from "../../lib/directory/index.js";
import { openEngine } from "../../lib/engine/open.js";
import type { Engine, Transaction } from "../../lib/engine/port/engine.js";
import { transact } from "../../lib/engine/port/transact.js";
import { DirectoryError } from "../../lib/errors.js";

/** A tree that another implementation left on a cluster, and what it answered at the end. */
type Fixture = {
  log: { op: string; path: string[]; prefix?: string; ok?: boolean | string[]; error?: string }[];
  prefixes: Record<string, string>;
  store: [string, string][];
};
const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../fixtures/directory-store.json", import.meta.url), "utf8"),
);
/** What the other implementation says, and what it means here. */
const reasons: Record<string, string> = {
  "The directory already exists.": "already_exists",
  "The directory does not exist.": "not_found",
  "The directory was created with an incompatible layer.": "incompatible_layer",
};
const moved = new Map([["plinth/b", "plinth/c"]]);
const removed = new Set(["plinth/acme/nested"]);

const layer = new DirectoryLayer();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
let engine: Engine;
const run = <T>(body: (tx: Transaction) => Promise<T>): Promise<T> => transact(engine, body);

beforeAll(async () => {
  engine = await openEngine("memory:");
  await run(async (tx) => {
    for (const [key, value] of fixture.store) tx.set(Buffer.from(key, "hex"), Buffer.from(value, "hex"));
  });
});
afterAll(() => engine.close());

const reasonOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error) => (error instanceof DirectoryError ? error.reason : String(error)),
  );

test("every prefix is opened", async () => {
  for (const [path, prefix] of Object.entries(fixture.prefixes)) {
    expect(hex((await run((tx) => layer.open(tx, path.split("/")))).key)).toBe(prefix);
  }
});

test("what was created opens with its prefix, where it is now", async () => {
  for (const { op, path, prefix } of fixture.log) {
    const name = path.join("/");
    if (!op.startsWith("createOrOpen") || removed.has(name)) continue;
    const now = (moved.get(name) ?? name).split("/");
    expect(hex((await run((tx) => layer.createOrOpen(tx, now))).key)).toBe(prefix);
  }
});

test("what was refused is refused for the same reason", async () => {
  const work: Record<string, (tx: Transaction, path: string[]) => Promise<unknown>> = {
    "create existing": (tx, path) => layer.create(tx, moved.get(path.join("/"))?.split("/") ?? path),
    "open missing": (tx, path) => layer.open(tx, path),
    "open wrong layer": (tx, path) => layer.open(tx, path, { layer: "another" }),
    "remove missing": (tx, path) => layer.remove(tx, path),
  };
  const refused = fixture.log.filter((entry) => entry.error !== undefined);
  expect(refused.length).toBe(4);
  for (const { op, path, error } of refused) {
    const attempt = work[op];
    if (attempt === undefined) throw new Error(`The log has an operation this spec does not know: ${op}.`);
    expect(await reasonOf(run((tx) => attempt(tx, path)))).toBe(reasons[error as string]);
  }
});

test("lists and existence are the same", async () => {
  for (const { op, path, ok } of fixture.log) {
    if (op === "exists") expect(await run((tx) => layer.exists(tx, path))).toBe(ok);
    if (op === "list") expect(await run((tx) => layer.list(tx, path))).toEqual(ok);
  }
});

test("new directories go on where the other allocator stopped", async () => {
  const taken = new Set(fixture.store.map(([, value]) => value).filter((value) => value !== ""));
  for (let i = 0; i < 40; i++) {
    const { key } = await run((tx) => layer.create(tx, ["many", `new${i}`]));
    expect(taken.has(hex(key))).toBe(false);
    taken.add(hex(key));
  }
  await run((tx) => layer.remove(tx, "many"));
  expect(await run((tx) => layer.list(tx))).toEqual(["layered", "other", "plinth"]);
});
