import { type Engine } from "../../lib/engine/index.js";
import { type IndexInfo, type LayerContext, MetadataCache } from "../../lib/layer/index.js";
import { type SchemaInfo } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { type TupleItem, Versionstamp } from "../../lib/tuple/index.js";
export declare class User {
  id: string;
  name: string | null;
  email: string | null;
  age: number | null;
  photo: Uint8Array | null;
}
export declare class Item {
  id: Versionstamp;
  author: string | null;
  data: Uint8Array | null;
}
export declare class Session {
  id: string;
  userId: string;
  state: string | null;
}
export declare const users: SchemaInfo<User>;
export declare const items: SchemaInfo<Item>;
export declare const sessions: SchemaInfo<Session>;
export declare function user(values: Partial<User>): User;
export declare function item(values: Partial<Item>): Item;
export declare function session(values: Partial<Session>): Session;
/** A process: its own metadata cache on a shared store. */
export interface Process {
  readonly engine: Engine;
  readonly tenant: Tenant;
  readonly metadata: MetadataCache;
  run<T>(body: (ctx: LayerContext) => Promise<T>): Promise<T>;
}
export declare class Host {
  readonly store: Engine;
  readonly storageId = "spec";
  constructor(store: Engine);
  engine(): Promise<Engine>;
  prepareTenant(): Promise<void>;
}
export declare function openStore(): Promise<Engine>;
export declare function openProcess(engine: Engine, id?: string): Promise<Process>;
/** A registration as a migration would write it. */
export declare function registration(
  info: SchemaInfo,
  fields: readonly string[],
  options?: Partial<IndexInfo>,
): IndexInfo;
export declare function register(process: Process, ...indexes: readonly IndexInfo[]): Promise<void>;
/** All keys of an index, as values and key items. */
export declare function entriesOf(
  process: Process,
  info: SchemaInfo,
  index: IndexInfo,
): Promise<
  {
    values: readonly TupleItem[];
    pk: readonly TupleItem[];
  }[]
>;
export declare function keysBehind(process: Process, prefix: Uint8Array): Promise<[Uint8Array, Uint8Array][]>;
export declare function allOf<T extends object>(process: Process, info: SchemaInfo): Promise<T[]>;
