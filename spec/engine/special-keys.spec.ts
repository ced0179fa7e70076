import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  type Engine,
  firstGreaterOrEqual,
  MutationType,
  openEngine,
  type Transaction,
  transact,
} from "../../lib/engine/index.js";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("memory:");
});
afterAll(() => engine.close());

const key = (text: string): Buffer => Buffer.from(text, "latin1");

/** A part of `\xff\xff/transaction/` as `begin-end` pairs. */
async function ranges(tx: Transaction, name: string): Promise<string[]> {
  const prefix = `\xff\xff/transaction/${name}/`;
  const { rows } = await tx.getRange(
    firstGreaterOrEqual(key(prefix)),
    firstGreaterOrEqual(key(`${prefix}\xff\xff`)),
  );
  const marks = rows.map(
    ([k, v]) => [Buffer.from(k).toString("latin1").slice(prefix.length), String(v)] as const,
  );
  const pairs: string[] = [];
  for (let i = 0; i < marks.length; i += 2) {
    expect([marks[i]![1], marks[i + 1]![1]]).toEqual(["1", "0"]);
    pairs.push(`${marks[i]![0]}-${marks[i + 1]![0]}`.replaceAll("\0", "+"));
  }
  return pairs;
}

test("read conflict ranges are those of FoundationDB 7.2 and later", async () => {
  await transact(engine, async (tx) => {
    tx.clearRange(key(""), key("\xff"));
    for (const k of ["a", "b", "c", "d", "e"]) tx.set(key(k), key("1"));
  });
  const from = firstGreaterOrEqual(key("a"));
  const to = firstGreaterOrEqual(key("e"));
  const after = async (act: (tx: Transaction) => unknown): Promise<string[]> => {
    const tx = engine.begin();
    await act(tx);
    return ranges(tx, "read_conflict_range");
  };
  expect(await after((tx) => tx.get(key("b")))).toEqual(["b-b+"]);
  expect(await after((tx) => tx.get(key("b"), true))).toEqual([]);
  expect(await after((tx) => tx.getRange(from, to))).toEqual(["a-e"]);
  expect(await after((tx) => tx.getRange(from, to, { limit: 2 }))).toEqual(["a-b+"]);
  expect(await after((tx) => tx.getRange(from, to, { limit: 2, reverse: true }))).toEqual(["c-e"]);
  expect(await after((tx) => tx.getKey({ key: key("bb"), orEqual: false, offset: 1 }))).toEqual(["bb-c+"]);
  expect(await after((tx) => tx.getKey({ key: key("bb"), orEqual: false, offset: 0 }))).toEqual(["b-bb"]);
  expect(
    await after(async (tx) => {
      tx.set(key("b"), key("mine"));
      tx.clearRange(key("c"), key("d"));
      tx.atomic(MutationType.add, key("d"), key("1"));
      await tx.getRange(from, to);
    }),
  ).toEqual(["a-b", "b+-c", "d-e"]);
  expect(
    await after((tx) => {
      const watch = tx.watch(key("b"));
      watch.cancel();
    }),
  ).toEqual(["b-b+"]);
});

test("write conflict ranges", async () => {
  const tx = engine.begin();
  tx.set(key("b"), key("1"));
  tx.clearRange(key("c"), key("e"));
  tx.addWriteConflictRange(key("x"), key("z"));
  tx.setOption("nextWriteNoWriteConflictRange");
  tx.set(key("quiet"), key("1"));
  expect(await ranges(tx, "write_conflict_range")).toEqual(["b-b+", "c-e", "x-z"]);
});

test("the keys that a commit was refused for", async () => {
  const tx = engine.begin();
  tx.setOption("reportConflictingKeys");
  await Promise.all([tx.get(key("a")), tx.get(key("b"))]);
  await transact(engine, async (other) => other.set(key("b"), key("2")));
  tx.set(key("c"), key("1"));
  await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1020 });
  expect(await ranges(tx, "conflicting_keys")).toEqual(["b-b+"]);
});

test("the rest of the special key space is refused", async () => {
  await expect(engine.begin().get(key("\xff\xff/status/json"))).rejects.toMatchObject({ fdbCode: 2113 });
  const tx = engine.begin();
  tx.set(key("\xff\xff/x"), key("1"));
  await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 2114 });
});

test("metadataVersion: one value, versionstamped, readable without options", async () => {
  const metadataVersion = key("\xff/metadataVersion");
  expect(await engine.begin().get(metadataVersion)).toBeUndefined();
  const tx = engine.begin();
  tx.atomic(MutationType.setVersionstampedValue, metadataVersion, Buffer.alloc(14));
  await expect(tx.get(metadataVersion)).rejects.toMatchObject({ fdbCode: 1036 });
  tx.reset();
  tx.atomic(MutationType.setVersionstampedValue, metadataVersion, Buffer.alloc(14));
  const stamp = tx.getVersionstamp();
  await tx.commit();
  expect(await engine.begin().get(metadataVersion)).toEqual(Buffer.from(await stamp));
  const bad = engine.begin();
  bad.set(metadataVersion, key("x"));
  await expect(bad.commit()).rejects.toMatchObject({ fdbCode: 2000 });
  const rows = await engine.begin().getRange(firstGreaterOrEqual(key("z")), firstGreaterOrEqual(key("\xff")));
  expect(rows.rows).toEqual([]);
});
