import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openFoundationDB } from "../../lib/engine/foundationdb/open-foundationdb.js";
import { openEngine } from "../../lib/engine/open.js";
import { MutationType } from "../../lib/engine/port/codes.js";
import type { Engine, Transaction, Watch } from "../../lib/engine/port/engine.js";
import { EngineError } from "../../lib/engine/port/engine-error.js";
import { firstGreaterOrEqual } from "../../lib/engine/port/key-selector.js";
import { transact } from "../../lib/engine/port/transact.js";
import { EngineClosedError } from "../../lib/errors.js";
import { StandIn } from "./stand-in.js";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const state = async (watch: Watch): Promise<string> => {
  await tick();
  return Promise.race([
    watch.promise.then(
      () => "fired",
      (error) => (error instanceof EngineError ? String(error.fdbCode) : String(error)),
    ),
    tick().then(() => "pending"),
  ]);
};

let store: Engine;
let native: StandIn;
let engine: Engine;
const run = <T>(body: (tx: Transaction) => Promise<T>): Promise<T> => transact(engine, body);
const set = (key: string, value: string): Promise<void> =>
  run(async (tx) => tx.set(bytes(key), bytes(value)));
/** A watch whose transaction has read its key and committed. */
const watched = async (key: string): Promise<Watch> => {
  const watch = await run(async (tx) => {
    const begun = tx.watch(bytes(key));
    await tick();
    return begun;
  });
  // What it stands on is known a moment later.
  await tick();
  return watch;
};

beforeEach(async () => {
  store = await openEngine("memory:");
  native = new StandIn(store);
  engine = await openFoundationDB("fdb:", { native });
});
afterEach(async () => {
  await engine.close();
  await store.close();
});

describe("arguments", () => {
  test("plain arrays of bytes, missing options and truthy flags reach the binding in its own types", async () => {
    await run(async (tx) => {
      tx.set(bytes("a"), bytes("1"));
      tx.atomic(MutationType.add, bytes("n"), new Uint8Array([1]));
      expect(Buffer.from((await tx.get(bytes("a"), 1 as never)) as Uint8Array).toString()).toBe("1");
      const from = { key: bytes(""), orEqual: 0 as never, offset: 1 };
      const { rows } = await tx.getRange(from, firstGreaterOrEqual(bytes("z")), { reverse: 1 as never });
      expect(rows.map(([key]) => Buffer.from(key).toString())).toEqual(["n", "a"]);
      const all = await tx.getRange(from, firstGreaterOrEqual(bytes("z")), {
        limit: 2 ** 40,
        targetBytes: 2 ** 40,
      });
      expect(all.rows.length).toBe(2);
      const far = await tx.getKey({ key: bytes("a"), orEqual: false, offset: 2 ** 40 });
      expect(Buffer.from(far).toString("hex")).toBe("ff");
    });
  });

  test("what is no byte array, integer or version is a TypeError that changes nothing", async () => {
    const tx = engine.begin();
    for (const wrong of ["a", undefined, null, 1, [1], new ArrayBuffer(1), new Uint16Array(1)] as never[]) {
      expect(() => tx.set(wrong, bytes("v"))).toThrow(TypeError);
      expect(() => tx.set(bytes("k"), wrong)).toThrow(TypeError);
      expect(() => tx.clear(wrong)).toThrow(TypeError);
      expect(() => tx.clearRange(bytes("k"), wrong)).toThrow(TypeError);
      expect(() => tx.atomic(MutationType.add, wrong, bytes("v"))).toThrow(TypeError);
      expect(() => tx.watch(wrong)).toThrow(TypeError);
      expect(() => tx.addReadConflictRange(wrong, bytes("b"))).toThrow(TypeError);
      await expect(tx.get(wrong)).rejects.toThrow(TypeError);
      await expect(tx.getKey({ key: wrong, orEqual: true, offset: 1 })).rejects.toThrow(TypeError);
      await expect(tx.getRange(firstGreaterOrEqual(wrong), firstGreaterOrEqual(bytes("z")))).rejects.toThrow(
        TypeError,
      );
    }
    expect(() => tx.atomic("add" as never, bytes("a"), bytes("v"))).toThrow(TypeError);
    expect(() => tx.setReadVersion(1 as never)).toThrow(TypeError);
    await expect(tx.getKey({ key: bytes("a"), orEqual: true, offset: 0.5 })).rejects.toThrow(TypeError);
    await tx.commit();
    expect(tx.getCommittedVersion()).toBe(-1n);
  });

  test.each<[string, unknown, number]>([
    ["nonsense", undefined, 2007],
    ["constructor", undefined, 2007],
  ])("the option %s with %p is refused at once", (option, value, code) => {
    const tx = engine.begin();
    expect(() => tx.setOption(option as never, value as never)).toThrow(
      expect.objectContaining({ fdbCode: code }),
    );
  });

  test.each<[string, unknown]>([
    ["timeout", 1.5],
    ["timeout", "12345678"],
    ["timeout", 2 ** 60],
    ["retryLimit", Number.NaN],
    ["sizeLimit", bytes("12345678")],
    ["readYourWritesDisable", 1],
    ["tag", 7],
    ["retryLimit", undefined],
  ])("the option %s with %p fails the transaction with 2006", async (option, value) => {
    const tx = engine.begin();
    tx.setOption(option as never, value as never);
    await expect(tx.get(bytes("a"))).rejects.toMatchObject({ fdbCode: 2006 });
  });

  test("a version without 64 bits is a version that is invalid", async () => {
    const tx = engine.begin();
    tx.setReadVersion(2n ** 70n);
    await expect(tx.get(bytes("a"))).rejects.toMatchObject({ fdbCode: 2011 });
  });
});

describe("transactions", () => {
  test("errors are the port's, with the binding's as the cause", async () => {
    const tx = engine.begin();
    await tx.get(bytes("a"));
    await set("a", "2");
    tx.set(bytes("b"), bytes("1"));
    const error = await tx.commit().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ fdbCode: 1020, cause: { code: 1020 } });
    await tx.onError(error as EngineError);
    tx.set(bytes("b"), bytes("1"));
    await tx.commit();
    expect(tx.getCommittedVersion()).toBeGreaterThan(0n);
    expect(() => engine.begin().addReadConflictRange(bytes("b"), bytes("a"))).toThrow(
      expect.objectContaining({ fdbCode: 2005 }),
    );
  });

  test("an error that ends the retries is the same object", async () => {
    const tx = engine.begin();
    const error = new EngineError(1036, "a detail");
    await expect(tx.onError(error)).rejects.toBe(error);
  });

  test("versionstamps and versions", async () => {
    const tx = engine.begin();
    const readVersion = await tx.getReadVersion();
    tx.set(bytes("a"), bytes("1"));
    const stamp = tx.getVersionstamp();
    await tx.commit();
    expect(Buffer.from(await stamp).readBigUInt64BE(0)).toBe(tx.getCommittedVersion());
    const old = engine.begin();
    old.setReadVersion(readVersion);
    expect(await old.get(bytes("a"))).toBeUndefined();
    // Nobody asks for this one; its rejection must not be reported.
    const unused = engine.begin();
    unused.getVersionstamp();
    await unused.commit();
  });

  test("defaults hold for the life of a transaction", async () => {
    const tx = engine.begin({ retryLimit: 0, sizeLimit: 100 });
    tx.set(bytes("a"), Buffer.alloc(200));
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 2101 });
    tx.reset();
    tx.set(bytes("a"), Buffer.alloc(200));
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 2101 });
    tx.reset();
    await expect(tx.onError(1020)).rejects.toMatchObject({ fdbCode: 1020 });
    const retried = engine.begin({ sizeLimit: 100 });
    await retried.onError(1020);
    retried.set(bytes("a"), Buffer.alloc(200));
    await expect(retried.commit()).rejects.toMatchObject({ fdbCode: 2101 });
  });

  test("a default timeout is set on the database", () => {
    expect(native.databases[0]?.defaults.timeoutMs).toBe(60_000);
  });
});

describe("watches", () => {
  test("one watch of the binding serves all that saw the same value", async () => {
    await set("a", "1");
    const watches = [];
    for (let i = 0; i < 20; i++) watches.push(await watched("a"));
    expect(native.watchesMade).toBe(1);
    await set("a", "1");
    for (const watch of watches) expect(await state(watch)).toBe("pending");
    await set("a", "2");
    for (const watch of watches) expect(await state(watch)).toBe("fired");
    expect(native.watchesPending).toBe(0);
    await watched("a");
    expect(native.watchesMade).toBe(2);
  });

  test("another value seen needs a watch of its own", async () => {
    await set("a", "1");
    const old = engine.begin();
    await old.getReadVersion();
    await set("a", "2");
    const now = await watched("a");
    const late = old.watch(bytes("a"));
    await old.commit();
    expect(native.watchesMade).toBe(2);
    expect(await state(late)).toBe("fired");
    expect(await state(now)).toBe("pending");
  });

  test("fires before the commit for an own write, as without sharing", async () => {
    await set("a", "1");
    const armed = await watched("a");
    for (const write of [
      (tx: Transaction) => tx.set(bytes("a"), bytes("2")),
      (tx: Transaction) => tx.clear(bytes("a")),
      (tx: Transaction) => tx.clearRange(bytes("A"), bytes("b")),
      (tx: Transaction) => tx.atomic(MutationType.add, bytes("a"), bytes("1")),
    ]) {
      const tx = engine.begin();
      const watch = tx.watch(bytes("a"));
      tx.set(bytes("b"), bytes("1"));
      expect(await state(watch)).toBe("pending");
      write(tx);
      expect(await state(watch)).toBe("fired");
      tx.cancel();
    }
    const same = engine.begin();
    const watch = same.watch(bytes("a"));
    same.set(bytes("a"), bytes("1"));
    expect(await state(watch)).toBe("pending");
    await same.commit();
    expect([await state(watch), await state(armed)]).toEqual(["pending", "pending"]);
  });

  test("an own write before the watch is its baseline", async () => {
    await set("a", "1");
    const armed = await watched("a");
    const tx = engine.begin();
    tx.set(bytes("a"), bytes("2"));
    const watch = tx.watch(bytes("a"));
    await tx.commit();
    expect([await state(armed), await state(watch)]).toEqual(["fired", "pending"]);
    await set("a", "3");
    expect(await state(watch)).toBe("fired");
  });

  test("a commit that fails takes its watches along and leaves the shared one", async () => {
    await set("a", "1");
    const armed = await watched("a");
    const tx = engine.begin();
    await tx.get(bytes("b"));
    const watch = tx.watch(bytes("a"));
    tx.set(bytes("c"), bytes("1"));
    await set("b", "1");
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1020 });
    expect([await state(watch), await state(armed)]).toEqual(["1020", "pending"]);
    expect(native.watchesMade).toBe(1);
  });

  test("reset, onError and cancel reject with 1025", async () => {
    await set("a", "1");
    await watched("a");
    for (const end of [
      (tx: Transaction) => tx.reset(),
      (tx: Transaction) => tx.onError(1020),
      (tx: Transaction) => tx.cancel(),
      (tx: Transaction) => {
        tx.cancel();
        return tx.commit().catch(() => undefined);
      },
    ]) {
      const tx = engine.begin();
      const watch = tx.watch(bytes("a"));
      await tick();
      await end(tx);
      expect(await state(watch)).toBe("1025");
    }
    expect(native.watchesMade).toBe(1);
  });

  test("cancelling one leaves the others, cancelling the last frees the binding's", async () => {
    await set("a", "1");
    const [first, second] = [await watched("a"), await watched("a")];
    first.cancel();
    expect([await state(first), await state(second)]).toEqual(["1101", "pending"]);
    expect(native.watchesPending).toBe(1);
    second.cancel();
    expect(await state(second)).toBe("1101");
    expect(native.watchesPending).toBe(0);
    expect(await state(await watched("a"))).toBe("pending");
    expect(native.watchesMade).toBe(2);
  });

  test("a watch adds the read conflict of its key, shared or not", async () => {
    await set("a", "1");
    await watched("a");
    for (const value of ["2", "3"]) {
      const tx = engine.begin();
      tx.watch(bytes("a"));
      tx.set(bytes("b"), bytes("1"));
      await tick();
      await set("a", value);
      await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1020 });
    }
  });

  test("unreadable keys and transactions without own writes fail the watch alone", async () => {
    const tx = engine.begin();
    tx.atomic(MutationType.setVersionstampedValue, bytes("a"), Buffer.alloc(14));
    const watch = tx.watch(bytes("a"));
    await tx.commit();
    expect(await state(watch)).toBe("1036");
    const without = engine.begin();
    without.setOption("readYourWritesDisable");
    expect(await state(without.watch(bytes("a")))).toBe("1034");
  });

  const failing: readonly [string, number, (tx: Transaction) => unknown][] = [
    ["was cancelled", 1025, (tx) => tx.cancel()],
    [
      "is out of time",
      1031,
      (tx) => {
        tx.setOption("timeout", 1);
        return tick();
      },
    ],
    ["has committed", 2017, (tx) => tx.commit()],
    ["was misused", 2011, (tx) => tx.setReadVersion(-1n)],
    ["reads what is too old", 1007, (tx) => tx.setReadVersion(1n)],
  ];
  test.each(failing)(
    "on a watched key, of a transaction that %s, rejects at once",
    async (_, code, reach) => {
      await set("a", "1");
      const armed = await watched("a");
      await tick();
      const tx = engine.begin();
      await reach(tx);
      expect(await state(tx.watch(bytes("a")))).toBe(String(code));
      expect(await state(armed)).toBe("pending");
    },
  );

  test("one that fails leaves the commit of its transaction alone, shared or not", async () => {
    await set("a", "1");
    const armed = await watched("a");
    await tick();
    for (const key of ["a", "b"]) {
      const tx = engine.begin();
      tx.setReadVersion(1n);
      const watch = tx.watch(bytes(key));
      expect(await state(watch)).toBe("1007");
      await tx.commit();
    }
    expect(await state(armed)).toBe("pending");
  });

  test("stays when its transaction has committed and is collected, and when it is while it commits", async () => {
    await set("a", "1");
    const watches = [await watched("a"), await watched("a"), await watched("a")];
    const committing = engine.begin();
    watches.push(committing.watch(bytes("a")));
    await tick();
    const committed = committing.commit();
    for (let i = 0; i < 20; i++) {
      collect();
      await tick();
    }
    await committed;
    expect(native.watchesMade).toBe(1);
    expect(await Promise.all(watches.map(state))).toEqual(watches.map(() => "pending"));
    await set("a", "2");
    expect(await Promise.all(watches.map(state))).toEqual(watches.map(() => "fired"));
  });

  test("goes with a transaction that was dropped", async () => {
    await set("a", "1");
    await watched("a");
    const forgotten = (() => engine.begin().watch(bytes("a")))();
    let outcome = "pending";
    for (let i = 0; i < 50 && outcome === "pending"; i++) {
      collect();
      outcome = await state(forgotten);
    }
    expect(outcome).toBe("1025");
  });

  test("twenty thousand watches on a thousand keys stand on a thousand", async () => {
    const keys = Array.from({ length: 1_000 }, (_, i) => bytes(`k${i}`));
    const all: Watch[] = [];
    for (let round = 0; round < 20; round++) {
      // Nothing is awaited before the commit, so each round has its own watches until then.
      await run(async (tx) => {
        for (const key of keys) all.push(tx.watch(key));
      });
      for (let i = 0; i < 100 && native.watchesPending > 1_000; i++) await tick();
      expect(native.watchesPending).toBe(1_000);
    }
    await set("k7", "1");
    const fired = (
      await Promise.all(all.map((watch) => Promise.race([watch.promise.then(() => 1), tick()])))
    ).filter((outcome) => outcome === 1);
    expect(fired.length).toBe(20);
    for (const watch of all) watch.cancel();
    await Promise.allSettled(all.map((watch) => watch.promise));
    await tick();
    expect([native.watchesPending, native.pending]).toEqual([0, 0]);
  });
});

describe("close", () => {
  test("cancels and awaits everything", async () => {
    await set("a", "1");
    const armed = await watched("a");
    const shared = await watched("a");
    const tx = engine.begin();
    const hopeful = tx.watch(bytes("a"));
    const waiting = tx.watch(bytes("b"));
    const stamp = tx.getVersionstamp();
    await tick();
    await engine.close();
    expect(native.pending).toBe(0);
    expect(native.databases[0]?.closed).toBe(true);
    expect([await state(armed), await state(shared)]).toEqual(["1101", "1101"]);
    expect(await state(hopeful)).toBe("1101");
    expect(await state(waiting)).toMatch(/1101|1025/);
    await expect(stamp).rejects.toMatchObject({ fdbCode: 1025 });
    await engine.close();
  });

  test("is final", async () => {
    const tx = engine.begin();
    await engine.close();
    expect(() => engine.begin()).toThrow(EngineClosedError);
    await expect(tx.get(bytes("a"))).rejects.toMatchObject({ fdbCode: 1025 });
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1025 });
    expect(await state(tx.watch(bytes("a")))).toBe("1025");
  });
});
