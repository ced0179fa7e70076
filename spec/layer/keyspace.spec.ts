import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine, transact } from "../../lib/engine/index.js";
import {
  createContext,
  decodeCbor,
  deleteRecord,
  headKey,
  insertRecord,
  MetadataCache,
  updateRecord,
} from "../../lib/layer/index.js";
import { counter, create, index, Migration, metadata, migrateTenant } from "../../lib/migration/index.js";
import { Field, PrimaryKey, Schema, schemaOf } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { Versionstamp } from "../../lib/tuple/index.js";
import { Host } from "./support.js";

/**
 * Format 1, byte by byte. These bytes are in the stores of users: when a line here has to change, so has the format
 * number, and docs/keyspace.md, and there must be a way to read the old one.
 */
@Schema("cats")
class Cat {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("string") declare chip: string | null;
  @Field("integer", { tag: 3 }) declare lives: number | null;
  @Field("binary") declare photo: Uint8Array | null;
}

@Schema("naps")
class Nap {
  @PrimaryKey("versionstamp", { partitionBy: "cat" }) declare id: Versionstamp;
  @Field("string") declare cat: string;
  @Field("boolean") declare deep: boolean | null;
}

class Cats extends Migration {
  change() {
    return [
      create(index(Cat, ["name", "lives"], { include: ["chip"] })),
      create(index(Cat, ["chip"], { unique: true })),
      create(counter(Cat, ["lives"])),
      create(metadata(Cat)),
      create(metadata(Cat, ["name"])),
      create(index(Nap, ["deep"], { where: { deep: true } })),
    ];
  }
}

const cats = schemaOf(Cat);
const naps = schemaOf(Nap);
let engine: Engine;
let tenant: Tenant;

beforeEach(async () => {
  engine = await openEngine("memory:");
  tenant = await Tenant.create(new Host(engine), "golden");
  await migrateTenant({ metadata: cache, engine: async () => engine }, tenant, [[7, Cats]]);
});
afterEach(() => engine.close());

const cache = new MetadataCache();
const cat = (values: Partial<Cat>) =>
  Object.assign(Object.create(Cat.prototype) as Cat, {
    name: null,
    chip: null,
    lives: null,
    photo: null,
    ...values,
  });

/** One transaction; returns its versionstamp. */
async function write(body: (ctx: ReturnType<typeof createContext>) => Promise<unknown>): Promise<string> {
  const tx = engine.begin();
  const stamp = tx.getVersionstamp();
  await body(createContext(tx, tenant, cache));
  await tx.commit();
  return Buffer.from(await stamp).toString("hex");
}

/** Every key of the tenant behind its prefix, with what differs from run to run named: stamps by their letters. */
async function dump(letter: string, stamps: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const begin = Buffer.concat([tenant.prefix, Buffer.of(1), Buffer.from(letter), Buffer.of(0)]);
  const batch = await transact(engine, (tx) =>
    tx.getRange(
      { key: begin, orEqual: false, offset: 1 },
      { key: Buffer.concat([begin, Buffer.of(0xff)]), orEqual: false, offset: 1 },
    ),
  );
  const name = (bytes: Uint8Array) => {
    let hex = Buffer.from(bytes).toString("hex");
    for (const [label, stamp] of Object.entries(stamps)) hex = hex.replaceAll(stamp, `<${label}>`);
    return hex;
  };
  return batch.rows.map(([key, value]) =>
    `${name(key.subarray(tenant.prefix.length))} = ${name(value)}`.trim(),
  );
}

/** The lines of a block of docs/keyspace.md; lines that start with # explain. */
function documented(name: string): string[] {
  const page = readFileSync(new URL("../../docs/keyspace.md", import.meta.url), "utf8");
  const block = page.split(`<!-- bytes: ${name} -->`)[1]?.split("```")[1] ?? "";
  const lines = block
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** With PLINTH_SHOW the bytes are printed, for the page. */
function compare(name: string, lines: readonly string[]): void {
  if (process.env.PLINTH_SHOW !== undefined) process.stdout.write(`${name}\n${lines.join("\n")}\n\n`);
  else expect(lines).toEqual(documented(name));
}

describe("format 1, as docs/keyspace.md shows it", () => {
  test("a record, its index entries, unique value, counter, heads and log", async () => {
    const A = await write((ctx) =>
      insertRecord(ctx, cats, cat({ id: "c1", name: "Tom", chip: "x9", lives: 9 })),
    );
    const B = await write((ctx) => updateRecord<Cat>(ctx, cats, ["c1"], (c) => cat({ ...c, lives: 8 })));
    const C = await write((ctx) => insertRecord(ctx, cats, cat({ id: "c2" })));
    const stamps = { A, B, C };
    compare("records", await dump("d", stamps));
    compare("indexes", await dump("i", stamps));
    compare("unique", await dump("u", stamps));
    compare("counters", await dump("c", stamps));
    compare("heads", await dump("h", stamps));
    const D = await write((ctx) => deleteRecord(ctx, cats, ["c2"]));
    compare("log", await dump("l", { ...stamps, D }));
    const head = await transact(engine, (tx) => tx.get(headKey(tenant, "cats")));
    expect(Buffer.from(head as Uint8Array).toString("hex")).toBe(D);
  });

  test("a key that the commit assigns, behind its partition; a partial index", async () => {
    const nap = Object.assign(Object.create(Nap.prototype) as Nap, { id: null, cat: "c1", deep: true });
    const A = await write((ctx) => insertRecord(ctx, naps, nap));
    compare("versionstamp keys", [...(await dump("d", { A })), ...(await dump("i", { A }))]);
  });

  test("a record in chunks", async () => {
    await write((ctx) => insertRecord(ctx, cats, cat({ id: "c1", photo: new Uint8Array(100_000) })));
    const rows = (await dump("d")).map((row) => (row.length > 300 ? `${row.slice(0, 80)}…` : row));
    compare("chunks", rows);
  });

  test("registrations and applied migrations", async () => {
    const rows = await dump("m");
    const part = (name: string) =>
      rows.filter((row) => row.includes(`02${Buffer.from(name).toString("hex")}00`));
    compare("registrations", part("index"));
    const [migration] = part("migration");
    const time = Buffer.from(
      /"appliedAt":"([^"]+)/.exec(JSON.stringify(appliedAt(migration)))?.[1] ?? "",
    ).toString("hex");
    compare("migrations", [(migration ?? "").replace(time, "<time>")]);
  });
});

function appliedAt(row = ""): unknown {
  return decodeCbor(Buffer.from(row.split(" = ")[1] ?? "", "hex").subarray(1));
}
