import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Directory, DirectoryLayer, DirectoryPartition } from "../../lib/directory/index.js";
import { openEngine } from "../../lib/engine/open.js";
import type { Engine, Transaction } from "../../lib/engine/port/engine.js";
import { readRangeAll } from "../../lib/engine/port/read-range.js";
import { transact } from "../../lib/engine/port/transact.js";
import { DirectoryError, type DirectoryErrorReason } from "../../lib/errors.js";
import { pack } from "../../lib/tuple/index.js";

let engine: Engine;
const layer = new DirectoryLayer();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const run = <T>(body: (tx: Transaction) => Promise<T>): Promise<T> => transact(engine, body);
const everything = (): Promise<readonly (readonly [Uint8Array, Uint8Array])[]> =>
  run((tx) => readRangeAll(tx, new Uint8Array(0), Buffer.from([0xff])));

async function refusal(work: Promise<unknown>): Promise<DirectoryErrorReason | "none"> {
  try {
    await work;
    return "none";
  } catch (error) {
    expect(error).toBeInstanceOf(DirectoryError);
    return (error as DirectoryError).reason;
  }
}

beforeEach(async () => {
  engine = await openEngine("memory:");
});
afterEach(() => engine.close());

describe("create and open", () => {
  test("writes the standard layout", async () => {
    const users = await run((tx) => layer.createOrOpen(tx, ["app", "users"], { layer: "rows" }));
    const app = await run((tx) => layer.open(tx, "app"));
    const store = new Map((await everything()).map(([key, value]) => [hex(key), hex(value)]));
    expect(store.get("fe01fe000176657273696f6e00")).toBe("010000000000000000000000");
    expect(store.get("fe01fe001402617070 00".replace(" ", ""))).toBe(hex(app.key));
    const link = `fe01${hex(app.key)}0014027573657273 00`.replace(" ", "");
    expect(store.get(link)).toBe(hex(users.key));
    expect(store.get(`fe01${hex(users.key)}00016c6179657200`)).toBe(hex(Buffer.from("rows")));
    expect(store.get(`fe01${hex(app.key)}00016c6179657200`)).toBe("");
    expect(store.get("fe01fe0001686361001414")).toBe("0200000000000000");
    expect(users.path).toEqual(["app", "users"]);
  });

  test("opens what was created, from any handle", async () => {
    const app = await run((tx) => layer.create(tx, "app"));
    const users = await run((tx) => app.create(tx, ["x", "users"]));
    expect(users.path).toEqual(["app", "x", "users"]);
    const again = await run((tx) => layer.open(tx, ["app", "x", "users"]));
    expect(hex(again.key)).toBe(hex(users.key));
    expect(again.unpack(users.pack([1]))).toEqual([1]);
  });

  test("refuses what cannot be", async () => {
    await run((tx) => layer.create(tx, "app", { layer: "rows" }));
    expect(await refusal(run((tx) => layer.create(tx, "app")))).toBe("already_exists");
    expect(await refusal(run((tx) => layer.open(tx, "nope")))).toBe("not_found");
    expect(await refusal(run((tx) => layer.open(tx, "app", { layer: "other" })))).toBe("incompatible_layer");
    expect(await refusal(run((tx) => layer.open(tx, [])))).toBe("root_directory");
    expect(await refusal(run((tx) => layer.create(tx, "b", { prefix: Buffer.from("b") })))).toBe(
      "manual_prefix_disabled",
    );
    expect(await refusal(run((tx) => layer.open(tx, ["\ud800"])))).toBe("invalid_path");
    expect(await refusal(run((tx) => layer.open(tx, [1 as never])))).toBe("invalid_path");
    expect((await run((tx) => layer.open(tx, "app", { layer: "rows" }))).layer).toEqual(Buffer.from("rows"));
    expect((await run((tx) => layer.open(tx, "app"))).layer).toEqual(Buffer.from("rows"));
  });

  test("refuses an allocated prefix that holds foreign keys", async () => {
    await run(async (tx) => {
      for (let i = 0; i < 64; i++) tx.set(pack([i, "foreign"]), new Uint8Array(0));
    });
    expect(await refusal(run((tx) => layer.create(tx, "app")))).toBe("prefix_not_empty");
  });

  test("keeps prefixes chosen by hand apart", async () => {
    const manual = new DirectoryLayer({ allowManualPrefixes: true });
    const create = (name: string, prefix: string): Promise<Directory> =>
      run((tx) => manual.create(tx, name, { prefix: Buffer.from(prefix, "hex") }));
    expect(hex((await create("a", "6161")).key)).toBe("6161");
    expect(await refusal(create("b", "6161"))).toBe("prefix_in_use");
    expect(await refusal(create("b", "61"))).toBe("prefix_in_use");
    expect(await refusal(create("b", "616100"))).toBe("prefix_in_use");
    expect(await refusal(create("b", "fe01"))).toBe("prefix_in_use");
    expect(await refusal(create("b", ""))).toBe("prefix_in_use");
    expect(await refusal(create("b", "ff01"))).toBe("invalid_prefix");
    expect(hex((await create("b", "6162")).key)).toBe("6162");
  });
});

describe("inside one transaction", () => {
  test("parallel calls on one path give one prefix", async () => {
    const found = await run((tx) =>
      Promise.all(Array.from({ length: 20 }, () => layer.createOrOpen(tx, ["app", "users"]))),
    );
    expect(new Set(found.map((directory) => hex(directory.key))).size).toBe(1);
  });

  test("parallel calls on many paths give as many prefixes", async () => {
    const names = Array.from({ length: 30 }, (_, i) => `d${i}`);
    const found = await run((tx) => Promise.all(names.map((name) => layer.create(tx, ["app", name]))));
    expect(new Set(found.map((directory) => hex(directory.key))).size).toBe(30);
    expect(await run((tx) => layer.list(tx, "app"))).toEqual(names.sort());
  });

  test("a refused call leaves the others alone", async () => {
    const [first, second] = await run((tx) =>
      Promise.all([refusal(layer.open(tx, "nope")), layer.createOrOpen(tx, "app")]),
    );
    expect(first).toBe("not_found");
    expect(second.path).toEqual(["app"]);
  });
});

describe("across transactions", () => {
  test("parallel creators of one path agree", async () => {
    const found = await Promise.all(
      Array.from({ length: 10 }, () => run((tx) => layer.createOrOpen(tx, ["app", "users"]))),
    );
    expect(new Set(found.map((directory) => hex(directory.key))).size).toBe(1);
  });

  test("prefixes never repeat and never contain each other", async () => {
    const prefixes: string[] = [];
    for (let round = 0; round < 8; round++) {
      const created = await Promise.all(
        Array.from({ length: 40 }, (_, i) => run((tx) => layer.create(tx, ["app", `${round}-${i}`]))),
      );
      prefixes.push(...created.map((directory) => hex(directory.key)));
      if (round === 3) await run((tx) => layer.remove(tx, "app"));
    }
    expect(new Set(prefixes).size).toBe(prefixes.length);
    prefixes.sort();
    for (let i = 1; i < prefixes.length; i++) {
      expect(prefixes[i]?.startsWith(prefixes[i - 1] as string)).toBe(false);
    }
  });
});

describe("list, exists, move and remove", () => {
  beforeEach(async () => {
    await run(async (tx) => {
      for (const name of ["b", "a", "é", "z\0", "", "😀", "\uffff"]) await layer.create(tx, ["app", name]);
      await layer.create(tx, ["app", "a", "deep"]);
    });
  });

  test("list in byte order of UTF-8, whole or in pages", async () => {
    const sorted = ["", "a", "b", "z\0", "é", "\uffff", "😀"];
    expect(await run((tx) => layer.list(tx, "app"))).toEqual(sorted);
    expect(await run((tx) => layer.list(tx, "app", { after: "b", limit: 2 }))).toEqual(["z\0", "é"]);
    expect(await run((tx) => layer.list(tx))).toEqual(["app"]);
    expect(await refusal(run((tx) => layer.list(tx, "nope")))).toBe("not_found");
  });

  test("exists", async () => {
    expect(await run((tx) => layer.exists(tx))).toBe(true);
    expect(await run((tx) => layer.exists(tx, ["app", "a", "deep"]))).toBe(true);
    expect(await run((tx) => layer.exists(tx, ["app", "A"]))).toBe(false);
  });

  test("a move keeps the prefix and all below", async () => {
    const before = await run((tx) => layer.open(tx, ["app", "a", "deep"]));
    const moved = await run((tx) => layer.move(tx, ["app", "a"], ["app", "b", "c"]));
    expect(moved.path).toEqual(["app", "b", "c"]);
    const after = await run((tx) => layer.open(tx, ["app", "b", "c", "deep"]));
    expect(hex(after.key)).toBe(hex(before.key));
    expect(await run((tx) => layer.exists(tx, ["app", "a"]))).toBe(false);
    const back = await run((tx) => moved.moveTo(tx, ["top"]));
    expect(hex(back.key)).toBe(hex(moved.key));
    const app = await run((tx) => layer.open(tx, "app"));
    expect((await run((tx) => app.move(tx, "b", "b2"))).path).toEqual(["app", "b2"]);
  });

  test("a move that cannot be", async () => {
    const move = (from: string[], to: string[]): Promise<string> =>
      refusal(run((tx) => layer.move(tx, from, to)));
    expect(await move(["app"], ["app", "x"])).toBe("into_own_subdirectory");
    expect(await move(["app"], ["app"])).toBe("into_own_subdirectory");
    expect(await move([], ["x"])).toBe("into_own_subdirectory");
    expect(await move(["nope"], ["x"])).toBe("not_found");
    expect(await move(["app", "a"], ["app", "b"])).toBe("already_exists");
    expect(await move(["app", "a"], [])).toBe("already_exists");
    expect(await move(["app", "a"], ["nope", "x"])).toBe("parent_not_found");
  });

  test("a removal takes contents and directories below", async () => {
    const deep = await run((tx) => layer.open(tx, ["app", "a", "deep"]));
    await run(async (tx) => tx.set(deep.pack(["row"]), new Uint8Array(1)));
    await run((tx) => layer.remove(tx, "app"));
    const left = (await everything()).map(([key]) => hex(key));
    // Version and allocator stay, nothing else.
    expect(left.filter((key) => !key.startsWith("fe01fe0001"))).toEqual([]);
    expect(await refusal(run((tx) => layer.remove(tx, "app")))).toBe("not_found");
    expect(await run((tx) => layer.removeIfExists(tx, "app"))).toBe(false);
    expect(await refusal(run((tx) => layer.remove(tx)))).toBe("root_directory");
    const again = await run((tx) => layer.create(tx, "app"));
    expect(await run((tx) => again.removeIfExists(tx))).toBe(true);
    expect(await run((tx) => again.exists(tx))).toBe(false);
  });
});

describe("a partition", () => {
  let part: Directory;
  beforeEach(async () => {
    part = await run((tx) => layer.create(tx, ["p"], { layer: "partition" }));
  });

  test("keeps its whole tree under its prefix", async () => {
    const inside = await run((tx) => layer.createOrOpen(tx, ["p", "a", "b"]));
    expect(inside.path).toEqual(["p", "a", "b"]);
    expect(part).toBeInstanceOf(DirectoryPartition);
    expect(await run((tx) => part.list(tx))).toEqual(["a"]);
    expect(await run((tx) => layer.list(tx, ["p", "a"]))).toEqual(["b"]);
    expect(await run((tx) => layer.exists(tx, ["p", "a", "b"]))).toBe(true);
    const again = await run((tx) => part.open(tx, ["a", "b"]));
    expect(hex(again.key)).toBe(hex(inside.key));
    const store = await everything();
    const prefix = hex(store.find(([key]) => hex(key) === "fe01fe0014027000")?.[1] as Uint8Array);
    expect(hex(inside.key).startsWith(prefix)).toBe(true);
    const tree = store.map(([key]) => hex(key));
    expect(tree.filter((key) => key.startsWith(`${prefix}fe`)).length).toBeGreaterThan(4);
  });

  test("is no subspace", () => {
    for (const use of [
      () => part.key,
      () => part.pack([1]),
      () => part.packWithVersionstamp([]),
      () => part.unpack(new Uint8Array(1)),
      () => part.range(),
      () => part.contains(new Uint8Array(1)),
      () => part.subspace([1]),
    ]) {
      expect(use).toThrow(DirectoryError);
    }
  });

  test("moves and goes as one, but nothing crosses its border", async () => {
    await run((tx) => layer.create(tx, ["p", "a"]));
    await run((tx) => layer.create(tx, ["q"]));
    const inside = await run((tx) => layer.open(tx, ["p", "a"]));
    expect(await refusal(run((tx) => layer.move(tx, ["p", "a"], ["a"])))).toBe("between_partitions");
    expect(await refusal(run((tx) => layer.move(tx, ["q"], ["p", "q"])))).toBe("between_partitions");
    expect(await refusal(run((tx) => inside.moveTo(tx, ["a"])))).toBe("between_partitions");
    expect((await run((tx) => inside.moveTo(tx, ["p", "b"]))).path).toEqual(["p", "b"]);
    expect((await run((tx) => layer.move(tx, ["p", "b"], ["p", "c"]))).path).toEqual(["p", "c"]);
    expect((await run((tx) => part.moveTo(tx, ["r"]))).path).toEqual(["r"]);
    expect(await run((tx) => layer.list(tx, ["r"]))).toEqual(["c"]);
    expect(await run((tx) => layer.removeIfExists(tx, ["r", "c"]))).toBe(true);
    await run((tx) => layer.remove(tx, "r"));
    expect(await run((tx) => layer.list(tx))).toEqual(["q"]);
  });

  test("takes no prefix chosen by hand", async () => {
    expect(await refusal(run((tx) => part.create(tx, "a", { prefix: Buffer.from("x") })))).toBe(
      "manual_prefix_disabled",
    );
  });
});

test("the root has an empty layer", () => {
  expect([...layer.layer]).toEqual([]);
});

describe("reads without a conflict", () => {
  const reads: readonly [string, (tx: Transaction, snapshot: boolean) => Promise<unknown>][] = [
    ["open", (tx, snapshot) => layer.open(tx, ["p", "a"], { snapshot })],
    ["exists", (tx, snapshot) => layer.exists(tx, ["p", "a"], { snapshot })],
    ["list", (tx, snapshot) => layer.list(tx, ["p"], { snapshot })],
  ];
  test.each(reads)("%s", async (_, read) => {
    await run((tx) => layer.create(tx, "p", { layer: "partition" }));
    await run((tx) => layer.create(tx, ["p", "a"]));
    for (const snapshot of [false, true]) {
      await run((tx) => layer.createOrOpen(tx, ["p", "a"]));
      const reader = engine.begin();
      await read(reader, snapshot);
      await run((tx) => layer.remove(tx, ["p", "a"]));
      reader.set(Buffer.from("x"), Buffer.from("1"));
      const outcome = await reader.commit().then(
        () => "committed",
        (error) => error.fdbCode,
      );
      expect(outcome).toBe(snapshot ? "committed" : 1020);
    }
  });
});

describe("the version of the tree", () => {
  const versionKey = Buffer.from("fe01fe000176657273696f6e00", "hex");
  const write = (major: number, minor: number): Promise<void> =>
    run(async (tx) => tx.set(versionKey, Buffer.from(new Uint32Array([major, minor, 0]).buffer)));

  test("a later major version is not read", async () => {
    await write(2, 0);
    expect(await refusal(run((tx) => layer.list(tx)))).toBe("version_unsupported");
    expect(await refusal(run((tx) => layer.createOrOpen(tx, "a")))).toBe("version_unsupported");
  });

  test("a later minor version is only read", async () => {
    await write(1, 1);
    expect(await run((tx) => layer.list(tx))).toEqual([]);
    expect(await refusal(run((tx) => layer.createOrOpen(tx, "a")))).toBe("version_read_only");
    expect(await refusal(run((tx) => layer.remove(tx, "a")))).toBe("version_read_only");
  });

  test("reading writes none", async () => {
    expect(await run((tx) => layer.list(tx))).toEqual([]);
    expect(await run((tx) => layer.exists(tx, "a"))).toBe(false);
    expect(await everything()).toEqual([]);
  });
});
