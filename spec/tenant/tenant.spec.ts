import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DirectoryLayer } from "../../lib/directory/index.js";
import { openEngine } from "../../lib/engine/open.js";
import type { Engine, Transaction } from "../../lib/engine/port/engine.js";
import { readRangeAll } from "../../lib/engine/port/read-range.js";
import { transact } from "../../lib/engine/port/transact.js";
import {
  DirectoryError,
  InvalidTenantIdError,
  ReservedKeyError,
  TenantExistsError,
  TenantGoneError,
  TenantNotFoundError,
  TupleError,
} from "../../lib/errors.js";
import {
  bumpTenantVersion,
  clearedKey,
  metadataVersionKey,
  parseTenantVersion,
  space,
  Tenant,
  versionKey,
} from "../../lib/tenant/index.js";
import { pack } from "../../lib/tuple/index.js";
import { SpecHost } from "./host.js";

const numRuns = Number(process.env.PLINTH_RUNS ?? 15);
const seed = process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) };
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
const none = new Uint8Array(0);

let engine: Engine;
let host: SpecHost;
const run = <T>(body: (tx: Transaction) => Promise<T>): Promise<T> => transact(engine, body);
const keysOf = async (tenant: Tenant): Promise<string[]> => {
  const end = Buffer.concat([tenant.prefix, Buffer.of(0xff)]);
  return (await run((tx) => readRangeAll(tx, tenant.prefix, end))).map(([key]) => hex(key));
};
const set = (...keys: Uint8Array[]): Promise<void> =>
  run(async (tx) => {
    for (const key of keys) tx.set(key, none);
  });
const ids = async (of: SpecHost = host): Promise<string[]> => {
  const found: string[] = [];
  for await (const id of Tenant.list(of)) found.push(id);
  return found;
};

beforeEach(async () => {
  engine = await openEngine("memory:");
  host = new SpecHost(engine);
});
afterEach(() => engine.close());

describe("opening", () => {
  test("a tenant that does not exist says how to create it", async () => {
    await expect(Tenant.open(host, "acme")).rejects.toThrow(TenantNotFoundError);
    await expect(Tenant.open(host, "acme")).rejects.toThrow('await Tenant.create(repo, "acme")');
    expect(await Tenant.exists(host, "acme")).toBe(false);
    expect(await ids()).toEqual([]);
  });

  test("create, then open anywhere", async () => {
    const created = await Tenant.create(host, "acme");
    await expect(Tenant.create(host, "acme")).rejects.toThrow(TenantExistsError);
    const elsewhere = new SpecHost(engine);
    const opened = await Tenant.open(elsewhere, "acme");
    expect(hex(opened.prefix)).toBe(hex(created.prefix));
    expect(hex(opened.incarnation)).toBe(hex(created.incarnation));
    expect(created.incarnation.length).toBe(16);
    expect(elsewhere.prepared).toEqual([opened]);
    expect(await Tenant.exists(elsewhere, "acme")).toBe(true);
  });

  test("stands in the directory layer, for any tool to see", async () => {
    const tenant = await Tenant.create(host, "acme");
    const directories = new DirectoryLayer();
    expect(await run((tx) => directories.list(tx, "spec"))).toEqual(["acme"]);
    const directory = await run((tx) => directories.open(tx, ["spec", "acme"]));
    expect(hex(directory.key)).toBe(hex(tenant.prefix));
    expect(tenant.prefix.length).toBeLessThanOrEqual(2);
  });

  test("a directory of other software is not taken for a tenant", async () => {
    await run((tx) => new DirectoryLayer().create(tx, ["spec", "acme"], { layer: "other" }));
    await expect(Tenant.open(host, "acme")).rejects.toThrow(DirectoryError);
    await expect(Tenant.clearAndDelete(host, "acme")).rejects.toThrow(DirectoryError);
  });

  test("many at once make one tenant", async () => {
    const hosts = Array.from({ length: 12 }, () => new SpecHost(engine));
    const tenants = await Promise.all(hosts.map((one) => Tenant.openOrCreate(one, "acme")));
    expect(new Set(tenants.map((tenant) => hex(tenant.incarnation))).size).toBe(1);
    expect(new Set(tenants.map((tenant) => hex(tenant.prefix))).size).toBe(1);
    expect(await ids()).toEqual(["acme"]);
    const outcomes = await Promise.allSettled(hosts.map((one) => Tenant.create(one, "beta")));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled").length).toBe(1);
  });

  test("a known tenant costs one read and is prepared again", async () => {
    await Tenant.create(host, "acme");
    for (const open of [Tenant.open, Tenant.openOrCreate]) {
      host.reads = 0;
      await open(host, "acme");
      expect(host.reads).toBe(1);
    }
    expect(host.prepared.length).toBe(3);
  });

  test("a failed preparation hands out nothing", async () => {
    host.prepareTenant = () => Promise.reject(new Error("migration failed"));
    await expect(Tenant.openOrCreate(host, "acme")).rejects.toThrow("migration failed");
  });
});

describe("a deleted tenant", () => {
  test("leaves no key", async () => {
    const before = await Tenant.create(host, "other");
    const tenant = await Tenant.create(host, "acme");
    await set(tenant.pack(["settings"]), pack([space.data, "products", 1], tenant.prefix), tenant.prefix);
    await Tenant.delete(host, "acme");
    expect(await keysOf(tenant)).toEqual([]);
    expect(await Tenant.exists(host, "acme")).toBe(false);
    expect((await keysOf(before)).length).toBe(1);
    await expect(Tenant.delete(host, "acme")).rejects.toThrow(TenantNotFoundError);
    await expect(Tenant.open(host, "acme")).rejects.toThrow(TenantNotFoundError);
    await Tenant.clearAndDelete(host, "acme");
  });

  test("is another one when created anew, and never reached through an old handle", async () => {
    const old = await Tenant.create(host, "acme");
    const elsewhere = new SpecHost(engine);
    await Tenant.open(elsewhere, "acme");
    await Tenant.delete(host, "acme");
    const anew = await Tenant.openOrCreate(host, "acme");
    expect(hex(anew.prefix)).not.toBe(hex(old.prefix));
    expect(hex(anew.incarnation)).not.toBe(hex(old.incarnation));
    // The other process has the old one cached and finds out.
    expect(hex((await Tenant.open(elsewhere, "acme")).prefix)).toBe(hex(anew.prefix));
    for (const use of [Tenant.clear, Tenant.delete, Tenant.clearAndDelete]) {
      await expect(use(host, old)).rejects.toThrow(TenantGoneError);
    }
    expect(await Tenant.exists(host, "acme")).toBe(true);
  });

  test("tells every cache of metadata", async () => {
    const tenant = await Tenant.create(host, "acme");
    const before = await run((tx) => tx.get(metadataVersionKey));
    await Tenant.delete(host, "acme");
    const told = await run((tx) => tx.get(metadataVersionKey));
    expect(told?.length).toBe(10);
    expect(told).not.toEqual(before);
    expect(await run((tx) => tx.get(versionKey(tenant.prefix)))).toBeUndefined();
  });

  test("conflicts with a transaction that checked its version", async () => {
    const tenant = await Tenant.create(host, "acme");
    const tx = engine.begin();
    await tx.get(versionKey(tenant.prefix));
    tx.set(tenant.pack(["late"]), none);
    await Tenant.delete(host, "acme");
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1020 });
    expect(await keysOf(tenant)).toEqual([]);
  });
});

describe("clear", () => {
  /** Neighbours of the metadata's range that belong to the application or to other parts of the layer. */
  const around = [
    [Buffer.from("m\0")],
    [Buffer.from("m\0\xff", "latin1"), 1],
    [Buffer.from("mm")],
    [Buffer.from("ll")],
    ["text"],
    [null],
    [1],
  ];

  test("keeps the metadata and nothing else", async () => {
    const tenant = await Tenant.create(host, "acme");
    const kept = [
      pack([space.meta, "index", "products"], tenant.prefix),
      pack([space.meta, null], tenant.prefix),
    ];
    const cleared = [
      ...around.map((items) => tenant.pack(items)),
      ...[space.data, space.index, space.unique, space.log, space.head, space.counter].map((first) =>
        pack([first, "products", 1], tenant.prefix),
      ),
      tenant.prefix,
    ];
    await set(...kept, ...cleared);
    const version = () => run((tx) => tx.get(versionKey(tenant.prefix))).then(parseTenantVersion);
    const before = await version();
    await Tenant.clear(host, "acme");
    const expected = [...kept, versionKey(tenant.prefix), clearedKey(tenant.prefix)].map(hex).sort();
    expect(await keysOf(tenant)).toEqual(expected);
    // The same tenant, and whoever watches its version sees that something has happened.
    const after = await version();
    expect(hex(after?.incarnation)).toBe(hex(before?.incarnation));
    expect(hex(after?.stamp)).not.toBe(hex(before?.stamp));
    expect((await run((tx) => tx.get(clearedKey(tenant.prefix))))?.length).toBe(10);
    await expect(Tenant.clear(host, "nope")).rejects.toThrow(TenantNotFoundError);
  });

  test("leaves the head of a registered source where there was one, and moves it", async () => {
    const tenant = await Tenant.create(host, "acme");
    const head = (source: string, ...more: string[]) => pack([space.head, source, ...more], tenant.prefix);
    const index = (source: string) => pack([space.meta, "index", source, "name"], tenant.prefix);
    await set(index("a"), index("b"), head("a"), head("a", "by", "x"), head("c"));
    await Tenant.clear(host, "acme");
    const left = [index("a"), index("b"), head("a"), versionKey(tenant.prefix), clearedKey(tenant.prefix)];
    expect(await keysOf(tenant)).toEqual(left.map(hex).sort());
    const stamp = await run((tx) => tx.get(clearedKey(tenant.prefix)));
    expect(hex(await run((tx) => tx.get(head("a"))))).toBe(hex(stamp));
  });

  test("openEmpty creates, or clears what is there", async () => {
    const tenant = await Tenant.openEmpty(host, "acme");
    await set(tenant.pack(["a"]));
    const again = await Tenant.openEmpty(host, "acme");
    expect(hex(again.incarnation)).toBe(hex(tenant.incarnation));
    expect(await keysOf(again)).toEqual(
      [versionKey(tenant.prefix), clearedKey(tenant.prefix)].map(hex).sort(),
    );
    expect(host.prepared.length).toBe(2);
  });
});

describe("a handle", () => {
  test("packs application keys and refuses reserved ones", async () => {
    const tenant = await Tenant.create(host, "acme");
    expect(tenant.unpack(tenant.pack(["a", 1]))).toEqual(["a", 1]);
    expect(hex(tenant.range(["a"]).begin)).toBe(`${hex(tenant.pack(["a"]))}00`);
    for (const first of [...Object.values(space), Buffer.from("z"), Buffer.of(0)]) {
      expect(() => tenant.pack([first, "products"])).toThrow(ReservedKeyError);
      expect(() => tenant.range([first])).toThrow(ReservedKeyError);
    }
    expect(tenant.unpack(tenant.pack([Buffer.from("dd")]))).toEqual([Buffer.from("dd")]);
    const all = tenant.range();
    expect(Buffer.compare(all.begin, tenant.pack(["a"]))).toBe(-1);
    expect(Buffer.compare(all.begin, pack([space.unique], tenant.prefix))).toBe(1);
    const other = await Tenant.create(host, "other");
    expect(() => tenant.unpack(other.pack(["a"]))).toThrow(TupleError);
  });

  test("compares by id and store, and shows only its id", async () => {
    const tenant = await Tenant.create(host, "acme");
    expect(tenant.equals(await Tenant.open(new SpecHost(engine), "acme"))).toBe(true);
    expect(tenant.equals(await Tenant.open(host, "acme"))).toBe(true);
    const otherStore = await openEngine("memory:");
    expect(tenant.equals(await Tenant.create(new SpecHost(otherStore), "acme"))).toBe(false);
    await otherStore.close();
    await Tenant.delete(host, "acme");
    expect(tenant.equals(await Tenant.create(host, "acme"))).toBe(true);
    expect(tenant.equals(await Tenant.create(host, "beta"))).toBe(false);
    expect(inspect({ tenant })).toBe('{ tenant: Tenant("acme") }');
    expect(JSON.stringify(tenant)).toBe('{"id":"acme"}');
    expect(() => Object.assign(tenant, { id: "x" })).toThrow(TypeError);
  });

  test("survives a change of metadata, whose stamp it sees", async () => {
    const tenant = await Tenant.create(host, "acme");
    const read = async () => parseTenantVersion(await run((tx) => tx.get(versionKey(tenant.prefix))));
    const before = await read();
    await run(async (tx) => bumpTenantVersion(tx, tenant));
    const after = await read();
    expect(hex(after?.incarnation)).toBe(hex(tenant.incarnation));
    expect(hex(after?.stamp) > hex(before?.stamp)).toBe(true);
    expect(hex((await Tenant.open(host, "acme")).prefix)).toBe(hex(tenant.prefix));
  });
});

describe("ids", () => {
  test.each([
    ["the empty string", ""],
    ["undefined", undefined],
    ["a number", 1],
    ["a lone surrogate", "a\ud800"],
    ["1,001 bytes", "x".repeat(1_001)],
    ["1,001 bytes of UTF-8", `${"é".repeat(500)}x`],
  ])("%s is refused", async (_, id) => {
    for (const use of [Tenant.open, Tenant.create, Tenant.openOrCreate, Tenant.openEmpty, Tenant.exists]) {
      await expect(use(host, id as string)).rejects.toThrow(InvalidTenantIdError);
    }
    for (const use of [Tenant.clear, Tenant.delete, Tenant.clearAndDelete]) {
      await expect(use(host, id as string)).rejects.toThrow(InvalidTenantIdError);
    }
  });

  test("are listed in byte order, page after page", async () => {
    const directories = new DirectoryLayer();
    const many = Array.from({ length: 2_050 }, (_, i) => `t${String(i).padStart(5, "0")}`);
    for (let at = 0; at < many.length; at += 410) {
      await run(async (tx) => {
        for (const id of many.slice(at, at + 410))
          await directories.create(tx, ["spec", id], { layer: "plinth" });
      });
    }
    expect(await ids()).toEqual(many);
    expect(await ids(new SpecHost(engine, "elsewhere"))).toEqual([]);
  });

  test("of hostile shapes stay apart", async () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        "\0",
        "\0\0",
        "\xff",
        "\uffff",
        "é",
        "e\u0301",
        "ﬁ",
        "fi",
        "Å",
        "\u212b",
        "\u200b",
        " ",
        "/",
        ".",
      ),
      fc.constantFrom(
        "__proto__",
        "constructor",
        "toString",
        "a".repeat(1_000),
        "\0".repeat(1_000),
        "😀".repeat(250),
      ),
      fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).filter((id) => !/\p{Surrogate}/u.test(id)),
      fc.string({ unit: fc.constantFrom("a", "\0", "\xff", "\u0301"), minLength: 1, maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(hostile, { minLength: 2, maxLength: 8 }), async (names) => {
        const own = new SpecHost(engine, `fuzz-${names.length}`);
        const tenants = await Promise.all(names.map((id) => Tenant.openEmpty(own, id)));
        await Promise.all(tenants.map((tenant, i) => set(tenant.pack(["mine", i]))));
        const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(await ids(own)).toEqual(sorted);
        for (const [i, tenant] of tenants.entries()) {
          const rows = await run((tx) => readRangeAll(tx, tenant.range().begin, tenant.range().end));
          expect(rows.map(([key]) => tenant.unpack(key))).toEqual([["mine", i]]);
          expect((await Tenant.open(own, names[i] as string)).equals(tenant)).toBe(true);
        }
        const [gone, ...rest] = tenants as [Tenant, ...Tenant[]];
        await Tenant.delete(own, gone);
        expect(await keysOf(gone)).toEqual([]);
        for (const tenant of rest) expect((await keysOf(tenant)).length).toBe(3);
        for (const tenant of rest) await Tenant.clearAndDelete(own, tenant);
        expect(await ids(own)).toEqual([]);
      }),
      { numRuns, ...seed },
    );
  });
});
