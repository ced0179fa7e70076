import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Field, PrimaryKey, Repo, Schema, Tenant, Versionstamp } from "plinth";
import {
  compareTuples,
  double,
  float,
  pack,
  packWithVersionstamp,
  prefixRange,
  range,
  Subspace,
  Versionstamp as TupleVersionstamp,
  unpack,
  uuid,
} from "plinth/tuple";
import {
  IncorrectTenancyError,
  InvalidOptionsError,
  InvalidValueError,
  NotInTransactionError,
  ReservedKeyError,
  TransactionEndedError,
  TupleError,
} from "../../lib/index.js";

@Schema("notes")
class Note {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number;
}

let repo: Repo;
let tenant: Tenant;
let other: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "raw-keys" });
  tenant = await Tenant.openEmpty(repo, "t");
  other = await Tenant.openEmpty(repo, "other");
});
afterAll(() => repo.close());

const text = (value: string) => Buffer.from(value);
const number = (n: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(n));
  return bytes;
};
const inside = <T>(body: (tx: Repo) => T | Promise<T>) => repo.transactional(tenant, body);
const textAt = async (key: readonly (string | number)[]) => {
  const value = await inside((tx) => tx.keys.get(key));
  return value === null ? null : Buffer.from(value).toString();
};

describe("keys beside records", () => {
  test("are read and written with them, all or nothing", async () => {
    await inside(async (tx) => {
      tx.keys.set(["seen", "a"], text("1"));
      tx.keys.set(tenant.pack(["seen", "b"]), text("2"));
      await tx.insert(Note, { id: "a", n: 1 });
      expect(await tx.keys.get(["seen", "a"])).toEqual(text("1"));
    });
    await inside(async (tx) => {
      repo.keys.set(["seen", "c"], text("3"));
      await tx.insert(Note, { id: "c", n: 3 });
      repo.rollback();
    });
    await expect(
      inside(async (tx) => {
        tx.keys.clear(["seen", "a"]);
        throw new Error("stop");
      }),
    ).rejects.toThrow("stop");
    expect([await textAt(["seen", "a"]), await textAt(["seen", "c"])]).toEqual(["1", null]);
    expect(await repo.all(Note, { tenant })).toHaveLength(1);
  });

  test("of a part that failed are as they were", async () => {
    await inside(async (tx) => {
      tx.keys.set(["part"], text("outer"));
      const failed = tx.transactional(async (part) => {
        part.keys.set(["part"], text("inner"));
        expect(await part.keys.get(["part"])).toEqual(text("inner"));
        throw new Error("part");
      });
      await expect(failed).rejects.toThrow("part");
      expect(await tx.keys.get(["part"])).toEqual(text("outer"));
    });
    expect(await textAt(["part"])).toBe("outer");
  });

  test("of a range come in order, limited and reversed, and are cleared by range", async () => {
    await inside((tx) => {
      for (let i = 0; i < 5; i++) tx.keys.set(["list", i], text(String(i)));
      tx.keys.set(["list2"], text("other"));
    });
    const values = (rows: readonly { value: Uint8Array }[]) =>
      rows.map(({ value }) => Buffer.from(value).toString());
    await inside(async (tx) => {
      expect(values(await tx.keys.range(["list"]))).toEqual(["0", "1", "2", "3", "4"]);
      expect(values(await tx.keys.range(tenant.range(["list"]), { limit: 2 }))).toEqual(["0", "1"]);
      expect(values(await tx.keys.range(["list"], { limit: 2, reverse: true }))).toEqual(["4", "3"]);
      const [row] = await tx.keys.range(["list"], { limit: 1, snapshot: true });
      expect(tenant.unpack(row!.key)).toEqual(["list", 0]);
      tx.keys.clear(tenant.range(["list"]));
      expect(await tx.keys.range(["list"])).toEqual([]);
      expect(await tx.keys.get(["list2"])).not.toBeNull();
    });
  });

  test("make conflicts by what is read, and none by atomic operations and snapshots", async () => {
    let attempts = 0;
    await inside(async (tx) => {
      attempts++;
      await tx.keys.get(["hot"], { snapshot: true });
      tx.keys.atomic("add", ["visits"], number(1));
      await repo.outside(() =>
        inside((own) => {
          own.keys.set(["hot"], text(String(attempts)));
          own.keys.atomic("add", ["visits"], number(10));
        }),
      );
    });
    expect(attempts).toBe(1);
    const visits = await inside((tx) => tx.keys.get(["visits"]));
    expect(Buffer.from(visits!).readBigInt64LE()).toBe(11n);
    await inside(async (tx) => {
      const before = await tx.keys.get(["hot"]);
      if (attempts++ === 1) await repo.outside(() => inside((own) => own.keys.set(["hot"], text("moved"))));
      tx.keys.set(["copy"], before!);
    });
    expect([attempts, await textAt(["copy"])]).toEqual([3, "moved"]);
  });

  test("are written once with exactlyOnce, whose mark they need as records do", async () => {
    await repo.transactional(tenant, (tx) => tx.keys.atomic("add", ["once"], number(1)), {
      exactlyOnce: true,
    });
    expect(await inside((tx) => tx.keys.get(["once"]))).toEqual(number(1));
  });

  test("take the stamp of the commit, in the key or in the value", async () => {
    const key = tenant.packWithVersionstamp(["events", Versionstamp.incomplete(7)]);
    await inside((tx) => {
      tx.keys.atomic("setVersionstampedKey", key, text("x"));
      tx.keys.atomic("setVersionstampedKey", ["events", Versionstamp.incomplete(8)], text("y"));
      tx.keys.atomic("setVersionstampedValue", ["last"], packWithVersionstamp([Versionstamp.incomplete()]));
    });
    const rows = await inside((tx) => tx.keys.range(["events"]));
    const stamps = rows.map((row) => tenant.unpack(row.key)[1] as Versionstamp);
    expect(stamps.map(({ user }) => user)).toEqual([7, 8]);
    const [last] = unpack((await inside((tx) => tx.keys.get(["last"])))!) as [Versionstamp];
    expect(last.version).toBe(stamps[0]!.version);
    expect(() => tenant.packWithVersionstamp(["events"])).toThrow(TupleError);
    expect(() => tenant.packWithVersionstamp([Buffer.of(1), Versionstamp.incomplete()])).toThrow(
      ReservedKeyError,
    );
  });

  test("are watched from the commit on", async () => {
    const watch = await inside((tx) => tx.keys.watch(["watched"]));
    let told = false;
    const changed = watch.promise.then(() => (told = true));
    await inside((tx) => tx.keys.set(["elsewhere"], text("1")));
    expect(told).toBe(false);
    await inside((tx) => tx.keys.set(["watched"], text("1")));
    await changed;
    const dropped = await inside((tx) => tx.keys.watch(["watched"]));
    dropped.cancel();
    await expect(dropped.promise).rejects.toMatchObject({ fdbCode: 1101 });
  });
});

describe("what is no key of the application", () => {
  const reserved = () => [
    pack([Buffer.from("d"), "notes", "a"], tenant.prefix),
    pack([Buffer.of(0), "x"], tenant.prefix),
    tenant.prefix,
  ];

  test("is refused, and nothing is written", async () => {
    for (const key of reserved()) {
      await inside(async (tx) => {
        await expect(tx.keys.get(key)).rejects.toThrow(ReservedKeyError);
        expect(() => tx.keys.set(key, text("x"))).toThrow(ReservedKeyError);
        expect(() => tx.keys.clear(key)).toThrow(ReservedKeyError);
        expect(() => tx.keys.atomic("add", key, number(1))).toThrow(ReservedKeyError);
        expect(() => tx.keys.watch(key)).toThrow(ReservedKeyError);
      });
    }
    const whole = { begin: tenant.prefix, end: Buffer.concat([tenant.prefix, Buffer.of(0xff)]) };
    const across = { begin: tenant.pack([null]), end: tenant.pack(["z"]) };
    for (const keys of [whole, across, prefixRange(pack([Buffer.from("d")], tenant.prefix))]) {
      await inside(async (tx) => {
        await expect(tx.keys.range(keys)).rejects.toThrow(ReservedKeyError);
        expect(() => tx.keys.clear(keys)).toThrow(ReservedKeyError);
      });
    }
    expect(await repo.get(Note, "a", { tenant })).not.toBeNull();
  });

  test("of another tenant is refused", async () => {
    await inside(async (tx) => {
      await expect(tx.keys.get(other.pack(["a"]))).rejects.toThrow(IncorrectTenancyError);
      expect(() => tx.keys.clear(other.range())).toThrow(IncorrectTenancyError);
      expect(() => tx.keys.set(text(""), text("x"))).toThrow(IncorrectTenancyError);
      const far = { begin: tenant.pack(["a"]), end: other.pack(["z"]) };
      expect(() => tx.keys.clear(far)).toThrow();
      expect(() => tx.keys.clear({ begin: tenant.pack(["a"]), end: Buffer.of(0xff) })).toThrow(
        IncorrectTenancyError,
      );
    });
  });

  test("long byte strings, null and numbers are names like any other", async () => {
    const names = [
      [Buffer.from("dd")],
      [Buffer.from([0x64, 0])],
      [null],
      [7],
      [true],
      [uuid(Buffer.alloc(16))],
    ];
    await inside(async (tx) => {
      for (const name of names) tx.keys.set(name, text("x"));
      for (const name of names) {
        expect(await tx.keys.get(name)).toEqual(text("x"));
        expect(await tx.keys.range([...name, "none"])).toEqual([]);
      }
      for (const name of names) tx.keys.clear(name);
    });
    expect(await inside((tx) => tx.keys.range(tenant.range([Buffer.from("dd")])))).toEqual([]);
  });

  test("values, options and stamps of another form are refused", async () => {
    await inside(async (tx) => {
      expect(() => tx.keys.set(["a"], "text" as never)).toThrow(InvalidValueError);
      expect(() => tx.keys.set("a" as never, text("x"))).toThrow(InvalidValueError);
      expect(() => tx.keys.atomic("plus" as never, ["a"], number(1))).toThrow(InvalidOptionsError);
      expect(() => tx.keys.atomic("toString" as never, ["a"], number(1))).toThrow(InvalidOptionsError);
      expect(() => tx.keys.atomic("setVersionstampedKey", tenant.pack(["abcdefgh"]), number(1))).toThrow(
        InvalidValueError,
      );
      await expect(tx.keys.get(["a"], { limit: 1 } as never)).rejects.toThrow(InvalidOptionsError);
      await expect(tx.keys.range(["a"], { limit: 0 })).rejects.toThrow(InvalidOptionsError);
      await expect(tx.keys.range(7 as never)).rejects.toThrow(InvalidValueError);
      const turned = { begin: tenant.pack(["b"]), end: tenant.pack(["a"]) };
      await expect(tx.keys.range(turned)).rejects.toThrow(InvalidValueError);
    });
  });

  test("there are none outside of a transaction, and none behind its end", async () => {
    await expect(repo.keys.get(["a"])).rejects.toThrow(NotInTransactionError);
    expect(() => repo.keys.set(["a"], text("x"))).toThrow(NotInTransactionError);
    const tx = await inside((bound) => ({ keys: bound.keys }));
    expect(() => tx.keys.set(["a"], text("x"))).toThrow(TransactionEndedError);
    await expect(tx.keys.get(["a"])).rejects.toThrow(TransactionEndedError);
  });
});

describe("plinth/tuple", () => {
  test("packs as tenants do", () => {
    const id = uuid("0190b5e6-7c3a-7000-8000-0123456789ab");
    const items = ["a", 1, 2n ** 70n, float(1.5), double(2), id, null, ["nested"]];
    expect(unpack(pack(items))).toEqual(items);
    expect(tenant.unpack(tenant.pack(items))).toEqual(items);
    expect(compareTuples(["a", 1], ["a", 2])).toBeLessThan(0);
    expect(new Subspace(tenant.prefix, ["a"]).range()).toEqual(tenant.range(["a"]));
    expect(range(["a"], tenant.prefix)).toEqual(tenant.range(["a"]));
    expect(TupleVersionstamp).toBe(Versionstamp);
  });

  test("Versionstamp.min and max stand around every stamp of a commit", async () => {
    const committed = Versionstamp.fromBytes(Buffer.from("7fffffffffffffffffffffff", "hex"));
    const [min, max] = [Versionstamp.min, Versionstamp.max];
    expect([min.compare(committed), max.compare(committed)]).toEqual([-1, 1]);
    expect([min.isComplete, max.isComplete, max.compare(Versionstamp.incomplete())]).toEqual([
      true,
      true,
      -1,
    ]);
    expect(Buffer.compare(pack([min]), pack([committed]))).toBe(-1);
  });
});
