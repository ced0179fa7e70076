import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openMemory } from "../../lib/engine/embedded/open-embedded.js";
import { type Engine, readRangeAll, transact } from "../../lib/engine/index.js";
import { pack, packWithVersionstamp, unpack, Versionstamp } from "../../lib/tuple/index.js";
import { prefixedEngine } from "./prefixed-engine.js";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const START = new Uint8Array();
const END = Uint8Array.of(0xff);

describe("a store below a prefix", () => {
  let whole: Engine;
  let part: Engine;

  beforeAll(async () => {
    whole = await openMemory();
    part = prefixedEngine(whole, bytes("p/"));
    await transact(whole, async (tx) => {
      for (const key of ["a", "p.", "p0", "q"]) tx.set(bytes(key), bytes("other"));
    });
  });

  afterAll(() => part.close());

  const keysOf = async (engine: Engine): Promise<string[]> =>
    transact(engine, async (tx) =>
      (await readRangeAll(tx, START, END)).map(([key]) => Buffer.from(key).toString("latin1")),
    );

  test("holds its own keys and sees no others, clearing everything included", async () => {
    expect(await keysOf(part)).toEqual([]);
    await transact(part, async (tx) => tx.set(bytes("k"), bytes("v")));
    expect(await keysOf(part)).toEqual(["k"]);
    expect(await keysOf(whole)).toEqual(["a", "p.", "p/k", "p0", "q"]);
    await transact(part, async (tx) => tx.clearRange(START, END));
    expect(await keysOf(whole)).toEqual(["a", "p.", "p0", "q"]);
  });

  test("puts versionstamps where the key wants them", async () => {
    await transact(part, async (tx) => {
      tx.atomic(14, packWithVersionstamp(["log", Versionstamp.incomplete(7)]), bytes("entry"));
    });
    const [[key]] = (await transact(part, (tx) => readRangeAll(tx, START, END))) as [
      [Uint8Array, Uint8Array],
    ];
    const [name, stamp] = unpack(key) as [string, Versionstamp];
    expect([name, stamp.isComplete, stamp.user]).toEqual(["log", true, 7]);
  });

  test("shares the system's keys, and ends where it ends", async () => {
    await transact(part, async (tx) => tx.set(pack(["z"]), bytes("last")));
    const [first, behind, version] = await transact(part, async (tx) => [
      await tx.getKey({ key: pack(["z"]), orEqual: false, offset: 1 }),
      await tx.getKey({ key: pack(["z"]), orEqual: true, offset: 1 }),
      await tx.get(Buffer.from("\xff/metadataVersion", "latin1"), true),
    ]);
    expect([first, behind]).toEqual(
      [pack(["z"]), END].map((key) => expect.objectContaining({ length: key.length })),
    );
    expect(version).toBeUndefined();
  });

  test("has a metadata version of its own, which goes with it", async () => {
    const key = Buffer.from("\xff/metadataVersion", "latin1");
    const other = prefixedEngine(await openMemory(), bytes("other"));
    await transact(part, async (tx) => tx.atomic(15, key, Buffer.alloc(14)));
    expect((await transact(part, (tx) => tx.get(key)))?.length).toBe(10);
    expect(await transact(other, (tx) => tx.get(key))).toBeUndefined();
    await other.close();
  });
});
