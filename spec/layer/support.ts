import { type Engine, openEngine, transact } from "../../lib/engine/index.js";
import {
  createContext,
  decodeEntry,
  type IndexInfo,
  type LayerContext,
  layoutOf,
  MetadataCache,
  metaKeys,
  readAllRecords,
  sourceKeys,
} from "../../lib/layer/index.js";
import { indexName } from "../../lib/layer/metadata/index-info.js";
import { encodeIndexInfo } from "../../lib/layer/metadata/stored-index-info.js";
import { Field, PrimaryKey, Schema, type SchemaInfo, schemaOf } from "../../lib/schema/index.js";
import { bumpTenantVersion, Tenant } from "../../lib/tenant/index.js";
import { type TupleItem, Versionstamp } from "../../lib/tuple/index.js";

@Schema("users")
export class User {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("string") declare email: string | null;
  @Field("integer") declare age: number | null;
  @Field("binary") declare photo: Uint8Array | null;
}

@Schema("items")
export class Item {
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("string") declare author: string | null;
  @Field("binary") declare data: Uint8Array | null;
}

@Schema("sessions")
export class Session {
  @PrimaryKey("string", { partitionBy: "userId" }) declare id: string;
  @Field("string") declare userId: string;
  @Field("string") declare state: string | null;
}

export const users = schemaOf(User);
export const items = schemaOf(Item);
export const sessions = schemaOf(Session);

export function user(values: Partial<User>): User {
  return Object.assign(
    Object.create(User.prototype),
    { name: null, email: null, age: null, photo: null },
    values,
  );
}

export function item(values: Partial<Item>): Item {
  return Object.assign(Object.create(Item.prototype), { id: null, author: null, data: null }, values);
}

export function session(values: Partial<Session>): Session {
  return Object.assign(Object.create(Session.prototype), { state: null }, values);
}

/** A process: its own metadata cache on a shared store. */
export interface Process {
  readonly engine: Engine;
  readonly tenant: Tenant;
  readonly metadata: MetadataCache;
  run<T>(body: (ctx: LayerContext) => Promise<T>): Promise<T>;
}

export class Host {
  readonly storageId = "spec";
  constructor(readonly store: Engine) {}
  async engine(): Promise<Engine> {
    return this.store;
  }
  async prepareTenant(): Promise<void> {}
}

export async function openStore(): Promise<Engine> {
  return openEngine("memory:");
}

export async function openProcess(engine: Engine, id = "acme"): Promise<Process> {
  const tenant = await Tenant.openOrCreate(new Host(engine), id);
  const metadata = new MetadataCache();
  return {
    engine,
    tenant,
    metadata,
    run: (body) => transact(engine, (tx) => body(createContext(tx, tenant, metadata))),
  };
}

/** A registration as a migration would write it. */
export function registration(
  info: SchemaInfo,
  fields: readonly string[],
  options: Partial<IndexInfo> = {},
): IndexInfo {
  const columns = fields.map((name) => info.field(name));
  const include = options.include ?? [];
  const stored = (name: string) => info.field(name).tag ?? info.field(name).source;
  return {
    kind: "index",
    source: info.source,
    name: indexName(info.source, fields, options.kind ?? "index"),
    key: layoutOf(info).keyFields.map((field) => stored(field.name)),
    fields,
    stored: fields.map(stored),
    types: columns.map((field) => field.type.name),
    unique: false,
    where: undefined,
    indexer: undefined,
    state: "readable",
    ...options,
    include,
    includeStored: include.map(stored),
  };
}

export async function register(process: Process, ...indexes: readonly IndexInfo[]): Promise<void> {
  await transact(process.engine, async (tx) => {
    for (const index of indexes) {
      tx.set(metaKeys.index(process.tenant, index.source, index.name), encodeIndexInfo(index));
    }
    bumpTenantVersion(tx, process.tenant);
  });
}

/** All keys of an index, as values and key items. */
export async function entriesOf(
  process: Process,
  info: SchemaInfo,
  index: IndexInfo,
): Promise<{ values: readonly TupleItem[]; pk: readonly TupleItem[] }[]> {
  const prefix = sourceKeys(process.tenant, index.source).named(
    index.unique ? "unique" : "index",
    index.name,
  );
  const keys = await keysBehind(process, prefix);
  const length = layoutOf(info).keyFields.length;
  return keys.map(([key, value]) => {
    const entry = decodeEntry(process.tenant, index, length, key, value);
    return { values: entry.values, pk: entry.pk };
  });
}

export async function keysBehind(process: Process, prefix: Uint8Array): Promise<[Uint8Array, Uint8Array][]> {
  const { readRangeAll } = await import("../../lib/engine/index.js");
  return transact(process.engine, async (tx) => {
    const rows = await readRangeAll(tx, prefix, Buffer.concat([prefix, Buffer.of(0xff)]), { snapshot: true });
    return rows.map(([key, value]) => [key, value]);
  });
}

export async function allOf<T extends object>(process: Process, info: SchemaInfo): Promise<T[]> {
  return process.run((ctx) => readAllRecords<T>(ctx, info, sourceKeys(ctx.tenant, info.source).dataRange));
}
