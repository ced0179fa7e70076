import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { KeptRows } from "../../lib/engine/embedded/transaction/kept-rows.js";
import { type Engine, firstGreaterOrEqual, openEngine, transact } from "../../lib/engine/index.js";

const folder = mkdtempSync(join(tmpdir(), "plinth-kept-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const length = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 2_040, max: 2_060 }));

test("rows are kept as they were read, wherever in memory they stand, whatever becomes of them", () => {
  const row = fc.record({
    key: fc.nat({ max: 20 }),
    value: length,
    own: fc.boolean(),
    skipped: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (specs) => {
      // Two memories that are filled alike, so that the places in one follow on those in the other now and then.
      const memories = [Buffer.alloc(1 << 18), Buffer.alloc(1 << 18)] as const;
      const used = [0, 0];
      let n = 0;
      const part = (bytes: number, memory: 0 | 1): Buffer => {
        const at = used[memory]!;
        used[memory] = at + ((bytes + 3) & ~3);
        return memories[memory].subarray(at, at + bytes).fill(++n & 0xff);
      };
      const rows = specs.flatMap(({ key, value, own, skipped }) => {
        // What is in memory takes the place of a row of the file, which was read all the same: let both stand at the same
        // place of their memories.
        if (own) used[1] = Math.max(used[0]!, used[1]!);
        const found = part(key, 0);
        // A long value has its own memory, and may seem to follow on its key.
        if (value > 2_048) used[1] = Math.max(used[0]!, used[1]!);
        const file = { key: found, value: part(value, value > 2_048 ? 1 : 0) };
        const given = own ? { key: part(key, 1), value: part(value, 1), own: true as const } : file;
        return skipped ? [] : [given];
      });
      const kept = new KeptRows(rows);
      const expected = rows.map(({ key, value }) => `${key.toString("latin1")}=${value.toString("latin1")}`);
      for (const memory of memories) memory.fill(0xee);
      const told: string[] = [];
      kept.each((key, value) => told.push(`${key}=${value.toString("latin1")}`));
      expect(told).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("what a transaction has read stays, though the caller writes over it, and is read again past five seconds", async () => {
  const url = `embedded:${folder}/old`;
  const key = (n: number): Buffer => Buffer.from(`k${String(n).padStart(4, "0")}`);
  const value = (n: number): Buffer => Buffer.alloc((n * 37) % 3_000, n);
  const writer = await openEngine(url);
  await transact(writer, async (tx) => {
    for (let n = 0; n < 300; n++) tx.set(key(n), value(n));
  });
  await writer.close();
  let late = 0;
  const engine = await openEngine(url, { clock: () => Math.floor(performance.now() * 1_000) + late });
  // Every seventh row is in memory, the others come out of the file.
  await transact(engine, async (tx) => {
    for (let n = 0; n < 300; n += 7) tx.set(key(n), value(n + 300));
  });
  const expected = Array.from({ length: 300 }, (_, n) => {
    const bytes = value(n % 7 === 0 ? n + 300 : n);
    return `${key(n)}=${bytes.toString("latin1")}`;
  });
  const read = async (tx: ReturnType<Engine["begin"]>, reverse: boolean): Promise<string[]> => {
    const end = firstGreaterOrEqual(Buffer.from("l"));
    const found: string[] = [];
    for (let from = firstGreaterOrEqual(Buffer.from("k")), to = end; ; ) {
      const { rows, more } = await tx.getRange(from, to, { reverse, limit: 113 });
      found.push(...rows.map(([k, v]) => `${Buffer.from(k)}=${Buffer.from(v).toString("latin1")}`));
      const last = rows.at(-1)?.[0];
      const next = last === undefined ? undefined : Buffer.from(last);
      for (const [k, v] of rows) {
        k.fill(0xee);
        v.fill(0xee);
      }
      if (!more || next === undefined) return reverse ? found.reverse() : found;
      if (reverse) to = firstGreaterOrEqual(next);
      else from = firstGreaterOrEqual(Buffer.concat([next, Buffer.of(0)]));
    }
  };
  for (const reverse of [false, true]) {
    const tx = engine.begin();
    expect(await read(tx, reverse)).toEqual(expected);
    expect(await read(tx, reverse)).toEqual(expected);
    late += 6_000_000;
    expect(await read(tx, reverse)).toEqual(expected);
    await expect(engine.begin().get(key(0))).resolves.toEqual(value(300));
  }
  await engine.close();
});

test("a value whose memory is moved to another thread takes no other value with it", async () => {
  const url = `embedded:${folder}/moved`;
  const key = (n: number): Buffer => Buffer.from(`k${n}`);
  const move = (bytes: Uint8Array): void => {
    try {
      structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
    } catch (error) {
      // Later releases of Node refuse what others copy.
      expect((error as Error).name).toBe("DataCloneError");
    }
  };
  /** Moves two values and a key, and tells how many values are whole afterwards. */
  const whole = async (engine: Engine): Promise<number> => {
    const values = await transact(engine, (tx) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => tx.get(key(n)))),
    );
    const { rows } = await engine.begin().getRange(firstGreaterOrEqual(key(0)), firstGreaterOrEqual(key(9)));
    move(values[3]!);
    move(rows[2]![0]);
    move(rows[2]![1]);
    return [...values, ...rows.map(([, v]) => v)].filter((v) => v?.length === 100).length;
  };
  const writer = await openEngine(url);
  await transact(writer, async (tx) => {
    for (let n = 0; n < 20; n++) tx.set(key(n), Buffer.alloc(100, n));
  });
  const counts = [await whole(writer)];
  await writer.close();
  // Of another process they come out of the file.
  const reader = await openEngine(url);
  counts.push(await whole(reader), await whole(reader));
  await reader.close();
  // At most those two are gone.
  for (const count of counts) expect(count).toBeGreaterThanOrEqual(20 + 19 - 2);
});
