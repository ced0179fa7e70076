import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { open } from "lmdb";
import { checksumOf, copiedHash, valueHash } from "../../lib/engine/embedded/disk/checksum.js";
import { DataFile } from "../../lib/engine/embedded/disk/data-file.js";
import { emptyFile } from "../../lib/engine/embedded/disk/meta-page.js";
import { encodeVersion, PROMISE_KEY } from "../../lib/engine/embedded/disk/store-keys.js";
import { Sealer, sealed } from "../../lib/engine/embedded/disk/stored-values.js";
import { MutationType, openEngine, readRangeAll, transact } from "../../lib/engine/index.js";
import { StoreCorruptError } from "../../lib/errors.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-damage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, "data.mdb");
const name = (n: number): string => `k${String(n).padStart(5, "0")}`;
const value = (n: number): Buffer => Buffer.alloc(20 + (n % 50) * 12 + (n % 100 === 0 ? 9000 : 0), n);
const ROWS = 400;

async function makeFile(): Promise<void> {
  const file = await DataFile.open(path(), true);
  for (let n = 0; n < ROWS; n += 50) {
    await file.write(Array.from({ length: 50 }, (_, i) => [name(n + i), value(n + i)]));
    // Pages that are free again are a part of what can be damaged.
    await file.write(Array.from({ length: 50 }, (_, i) => [`gone${n + i}`, value(n)]));
    await file.write(Array.from({ length: 50 }, (_, i) => [`gone${n + i}`, undefined]));
  }
  await file.write([[PROMISE_KEY, encodeVersion(2_000_000)]]);
  await file.close();
}

/** What reading everything comes to. */
async function outcome(): Promise<"intact" | "told"> {
  let file: DataFile | undefined;
  try {
    file = await DataFile.open(path(), true);
    const scan = file.scan("", "\xff", false);
    let n = 0;
    for (let row = scan.next(); row.done !== true; row = scan.next(), n++)
      if (row.value.key.toString("latin1") !== name(n) || !row.value.value.equals(value(n)))
        throw new Error(`row ${n} is wrong`);
    if (n !== ROWS) throw new Error(`${n} rows`);
    // A write over a page in use would show now.
    await file.write(Array.from({ length: 30 }, (_, i) => [`new${i}`, value(i)]));
    for (let i = 0; i < ROWS; i++)
      if (file.get(name(i))?.equals(value(i)) !== true) throw new Error(`row ${i} is lost`);
    return "intact";
  } catch (error) {
    if (error instanceof StoreCorruptError) return "told";
    throw error;
  } finally {
    await file?.close();
  }
}

test("a file without rows is the one that LMDB would make, and only whole has its name", async () => {
  const db = open(join(folder, "lmdb"), { noSubdir: true, pageSize: 8192, mapSize: 1 << 24 });
  await db.close();
  expect(emptyFile().equals(readFileSync(join(folder, "lmdb")))).toBe(true);
  writeFileSync(`${path()}.new`, emptyFile().subarray(0, 100));
  const file = await DataFile.open(path(), false);
  await file.write([["a", Buffer.from("1")]]);
  await file.close();
  expect(readdirSync(folder).sort()).toEqual(["data.mdb", "data.mdb-lock", "lmdb", "lmdb-lock"]);
});

test("a long value that a short one replaced in the same write keeps its pages, and that is no damage", async () => {
  const file = await DataFile.open(path(), true);
  await file.write([
    ["a", Buffer.alloc(30_000, 1)],
    ["b", Buffer.alloc(30_000, 2)],
    ["a", Buffer.alloc(40, 3)],
    ["b", Buffer.alloc(9_000, 4)],
    ["c", Buffer.alloc(40, 5)],
  ]);
  await file.close();
  const again = await DataFile.open(path(), true);
  expect(["a", "b", "c"].map((key) => [again.get(key)?.length, again.get(key)?.[0]])).toEqual([
    [40, 3],
    [9_000, 4],
    [40, 5],
  ]);
  await again.close();
});

describe("a flipped bit of the data file", () => {
  test.each([
    ["anywhere", 60],
    ["in the heads of its pages", 60],
  ] as const)("%s is found, or does no harm (%i of them)", async (where, count) => {
    await makeFile();
    const good = readFileSync(path());
    const found = { intact: 0, told: 0 };
    let seed = Number(process.env.PLINTH_SEED ?? 7);
    const random = (below: number): number => {
      seed = (Math.imul(seed, 0x41c64e6d) + 12345) >>> 0;
      return Math.floor((seed / 0x1_0000_0000) * below);
    };
    for (let i = 0; i < count; i++) {
      const bytes = Buffer.from(good);
      const at =
        where === "anywhere" ? random(bytes.length) : random(bytes.length / 8192) * 8192 + random(64);
      bytes[at] = bytes[at]! ^ (1 << random(8));
      writeFileSync(path(), bytes);
      found[await outcome()]++;
    }
    expect(found.told).toBeGreaterThan(count / 20);
  });

  test("of a value, or of its key, is told with the key, by a read of it and by a range", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    await transact(engine, async (tx) => {
      tx.set(Buffer.from("before"), Buffer.from("1"));
      tx.set(Buffer.from("damaged"), Buffer.from("a value that stands out"));
    });
    await engine.close();
    const good = readFileSync(path());
    for (const [part, key] of [
      ["stands out", "damaged"],
      ["damaged", "damageE"],
    ] as const) {
      const bytes = Buffer.from(good);
      // The newest of the places where it stands, since earlier states of the page are there too.
      for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1))
        bytes[at + part.length - 1] = bytes[at + part.length - 1]! ^ (part === "damaged" ? 0x21 : 1);
      writeFileSync(path(), bytes);
      const again = await openEngine(`embedded:${folder}`);
      const tx = again.begin();
      await expect(readRangeAll(tx, Buffer.from("a"), Buffer.from("z"))).rejects.toThrow(`"${key}"`);
      await expect(again.begin().get(Buffer.from(key))).rejects.toBeInstanceOf(StoreCorruptError);
      expect((await again.begin().get(Buffer.from("before")))?.toString()).toBe("1");
      await again.close();
    }
  });
});

describe("checksums", () => {
  const key = fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes));

  test("a value at any place of a buffer has the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 7 }), (bytes, offset) => {
        const moved = new Uint8Array(60);
        moved.set(bytes, offset);
        expect(valueHash(moved.subarray(offset), bytes.length)).toBe(valueHash(bytes, bytes.length));
        const copy = Buffer.alloc(64);
        const words = new Int32Array(copy.buffer, copy.byteOffset, 16);
        const slab = { memory: copy.buffer, bytes: copy, words };
        const hash = copiedHash(moved.subarray(offset), bytes.length, slab, 4);
        expect(hash).toBe(valueHash(bytes, bytes.length));
        expect(copy.equals(Buffer.concat([Buffer.alloc(4), bytes], 64))).toBe(true);
      }),
    );
  });

  test("values that are sealed together each stand whole, whatever their lengths and places in memory", () => {
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat({ max: 200_000 }).map((length) => new Uint8Array(length).fill(length)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, fc.option(value), fc.nat({ max: 7 })), { maxLength: 20 }),
        (rows) => {
          const changes = rows.map(([k, bytes, offset]): [string, Buffer | undefined] => {
            if (bytes === null) return [k, undefined];
            const moved = Buffer.alloc(bytes.length + offset);
            moved.set(bytes, offset);
            return [k, moved.subarray(offset)];
          });
          const sealer = new Sealer(changes);
          const parts: [string, Buffer, Buffer][] = [];
          for (const [k, bytes] of changes) {
            if (bytes === undefined) continue;
            const whole = sealer.seal(k, bytes);
            parts.push([k, bytes, Buffer.from(whole.buffer).subarray(whole.start, whole.end)]);
          }
          for (const [k, bytes, part] of parts) {
            const sum = Buffer.alloc(4);
            sum.writeUInt32LE(checksumOf(k, valueHash(bytes, bytes.length)));
            expect(part.equals(Buffer.concat([bytes, sum]))).toBe(true);
          }
        },
      ),
    );
  });

  test("every flipped bit of a key or a value changes it", () => {
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 40 }), fc.nat(), (k, v, at) => {
        const checksum = (a: string, b: Uint8Array): number => checksumOf(a, valueHash(b, b.length));
        const bit = at % Math.max(1, (k.length + v.length) * 8);
        const byte = bit >> 3;
        const flip = 1 << (bit & 7);
        if (k.length + v.length === 0) return;
        const changed = Buffer.from(v);
        let other = k;
        if (byte < k.length)
          other = `${k.slice(0, byte)}${String.fromCharCode(k.charCodeAt(byte) ^ flip)}${k.slice(byte + 1)}`;
        else changed[byte - k.length] = changed[byte - k.length]! ^ flip;
        expect(checksum(other, changed)).not.toBe(checksum(k, v));
      }),
      { numRuns: 1000 },
    );
  });

  test("their bytes are those that the page of stored bytes shows", () => {
    const page = readFileSync("docs/keyspace.md", "utf8");
    const row = (names: string, key: string, value: Buffer): string =>
      `| ${names} | \`${sealed(key, value).toString("hex")}\` |`;
    expect(page).toContain(row("nothing | nothing", "", Buffer.alloc(0)));
    expect(page).toContain(row("`key` | `value`", "key", Buffer.from("value")));
    expect(page).toContain(row("`key` | sixteen bytes `07`", "key", Buffer.alloc(16, 7)));
    expect(sealed("key", Buffer.from("value")).toString("hex")).toBe("76616c756522ba81fc");
  });
});

test("a commit that comes upon damage does nothing, also not what it did before it came there", async () => {
  const url = `embedded:${folder}`;
  const key = (name: string): Buffer => Buffer.from(name);
  const before = await openEngine(url);
  await transact(before, async (tx) => {
    for (const name of ["a", "b", "c"])
      tx.set(key(name), key(`${name} as it was, and long enough to be found`));
  });
  await before.close();
  const bytes = readFileSync(path());
  for (let at = bytes.indexOf("b as it was"); at >= 0; at = bytes.indexOf("b as it was", at + 1))
    bytes[at + 3]! ^= 1;
  writeFileSync(path(), bytes);
  const engine = await openEngine(url);
  const read = async (name: string): Promise<string | undefined> =>
    (await engine.begin().get(key(name)))?.toString().slice(0, 8);
  for (const write of ["set", "clear", "add"]) {
    const tx = engine.begin();
    tx.set(key("a"), key("new"));
    tx.set(key("d"), key("new"));
    tx.clear(key("c"));
    if (write === "set") tx.set(key("b"), key("new"));
    else if (write === "clear") tx.clear(key("b"));
    else tx.atomic(MutationType.add, key("b"), Buffer.alloc(8, 1));
    await expect(tx.commit()).rejects.toBeInstanceOf(StoreCorruptError);
    expect([await read("a"), await read("c"), await read("d")]).toEqual(["a as it ", "c as it ", undefined]);
  }
  await transact(engine, async (tx) => tx.set(key("d"), key("later")));
  expect([await read("a"), await read("c"), await read("d")]).toEqual(["a as it ", "c as it ", "later"]);
  await engine.close();
  const again = await openEngine(url);
  const rows = await readRangeAll(again.begin(), key("c"), key("e"));
  expect(rows.map(([, value]) => String(value).slice(0, 8))).toEqual(["c as it ", "later"]);
  expect(String(await again.begin().get(key("a"))).slice(0, 8)).toBe("a as it ");
  await again.close();
});

test("a file of an earlier build, without checksums, is read and written as before", async () => {
  const old = open(path(), {
    noSubdir: true,
    pageSize: 8192,
    maxDbs: 1,
    encoder: { encode: (v: Buffer) => v, decode: (v: Buffer) => Buffer.from(v) },
    keyEncoding: "binary",
  } as never);
  const put = (key: string, bytes: Buffer): Promise<boolean> =>
    old.put(Buffer.from(`\x01${key}`, "latin1") as never, bytes);
  for (let n = 0; n < ROWS; n++) void put(name(n), value(n));
  await put(PROMISE_KEY, encodeVersion(2_000_000));
  await old.close();
  for (const round of [0, 1]) {
    const engine = await openEngine(`embedded:${folder}`);
    const rows = await readRangeAll(engine.begin(), Buffer.from("k"), Buffer.from("l"));
    expect(rows.map(([, v], n) => value(n).equals(v))).toEqual(new Array(ROWS).fill(true));
    expect((await engine.begin().get(Buffer.from("added")))?.toString()).toBe(round ? "later" : undefined);
    await transact(engine, async (tx) => tx.set(Buffer.from("added"), Buffer.from("later")));
    await engine.close();
  }
  const file = await DataFile.open(path(), false);
  expect(file.checksums).toBe(false);
  await file.close();
});

test("a file whose note of its format is lost is not taken for one without checksums", async () => {
  const engine = await openEngine(`embedded:${folder}`);
  await transact(engine, async (tx) => tx.set(Buffer.from("a"), Buffer.from("1")));
  await engine.close();
  const bytes = readFileSync(path());
  for (let at = bytes.indexOf("plinth/format"); at >= 0; at = bytes.indexOf("plinth/format", at + 1))
    bytes[at + 8] = bytes[at + 8]! ^ 1;
  writeFileSync(path(), bytes);
  await expect(openEngine(`embedded:${folder}`)).rejects.toBeInstanceOf(StoreCorruptError);
});

test("the checksum of a value is the same wherever its bytes lie, and no change of a byte keeps it", () => {
  for (let length = 0; length < 70; length++) {
    const at = [0, 1, 2, 3].map((offset) => Buffer.from(new ArrayBuffer(80), offset, length));
    const sum = (bytes: Buffer): number => checksumOf("k", valueHash(bytes, length));
    for (const bytes of at) for (let i = 0; i < length; i++) bytes[i] = i * 37;
    expect(new Set(at.map(sum)).size).toBe(1);
    const whole = sum(at[0]!);
    for (let i = 0; i < length; i++) {
      at[0]![i]! ^= 1 << (i % 8);
      expect(sum(at[0]!)).not.toBe(whole);
      at[0]![i]! ^= 1 << (i % 8);
    }
  }
});
