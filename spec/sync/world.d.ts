import { type Engine, instrument } from "../../lib/engine/index.js";
import { type LayerContext } from "../../lib/layer/index.js";
import { from, type Selects } from "../../lib/query/index.js";
import { type SchemaClass } from "../../lib/schema/index.js";
import { SyncHub } from "../../lib/sync/hub.js";
import type { Live } from "../../lib/sync/live.js";
import type { LiveSubscription } from "../../lib/sync/live-subscription.js";
import { type SubscribeOptions } from "../../lib/sync/subscribe.js";
import type { Subscription } from "../../lib/sync/subscription.js";
import type { Queries } from "../../lib/sync/transition.js";
import { type Process } from "../layer/support.js";
export declare class Account {
  id: string;
  owner: string | null;
  balance: number | null;
  note: string | null;
}
export declare class Note {
  id: string;
  accountId: string | null;
  text: string | null;
}
export type AnyLive = Live<unknown, unknown>;
/** A tenant with a hub on it, and writes straight through the layer. */
export declare class World {
  readonly engine: Engine;
  readonly process: Process;
  readonly hub: SyncHub;
  readonly open: Set<LiveSubscription>;
  private constructor();
  static create(options?: { accounts?: boolean; notes?: boolean; engine?: Engine }): Promise<World>;
  get tenant(): import("../../lib/tenant/tenant.js").Tenant;
  write<T>(body: (ctx: LayerContext) => Promise<T>): Promise<T>;
  insert<T extends object>(schema: SchemaClass<T>, values: Partial<T>): Promise<unknown>;
  update<T extends object>(schema: SchemaClass<T>, id: string, values: Partial<T>): Promise<unknown>;
  delete(schema: SchemaClass<object>, id: string): Promise<unknown>;
  /** A fresh query. */
  all(query: Selects<unknown> | SchemaClass<object>): Promise<unknown[]>;
  subscribe<const Q extends Queries>(queries: Q, options?: SubscribeOptions): Promise<Subscription<Q>>;
  close(): Promise<void>;
}
export declare function put<T extends object>(
  ctx: LayerContext,
  schema: SchemaClass<T>,
  values: Partial<T>,
): Promise<import("../../lib/layer/writer.js").InsertOutcome<never>>;
export declare function change<T extends object>(
  ctx: LayerContext,
  schema: SchemaClass<T>,
  id: string,
  values: Partial<T>,
): Promise<import("../../lib/layer/writer.js").UpdateOutcome<object> | null>;
export declare function remove(
  ctx: LayerContext,
  schema: SchemaClass<object>,
  id: string,
): Promise<import("../../lib/layer/writer.js").DeleteOutcome<object> | null>;
export { from, instrument };
