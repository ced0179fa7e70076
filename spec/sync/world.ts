import { type Engine, instrument } from "../../lib/engine/index.js";
import {
  deleteRecord,
  insertRecord,
  type LayerContext,
  layoutOf,
  updateRecord,
} from "../../lib/layer/index.js";
import { astOf, execute, from, project, type Selects } from "../../lib/query/index.js";
import { build, Field, PrimaryKey, Schema, type SchemaClass, schemaOf } from "../../lib/schema/index.js";
import { CursorKeys } from "../../lib/sync/cursor/cursor-keys.js";
import { newRing } from "../../lib/sync/cursor/key-ring.js";
import { SyncHub } from "../../lib/sync/hub/sync-hub.js";
import type { Live } from "../../lib/sync/live/live.js";
import type { Subscription } from "../../lib/sync/live/subscription.js";
import type { Queries } from "../../lib/sync/live/transition.js";
import type { LiveSubscription } from "../../lib/sync/subscription/live-subscription.js";
import { type SubscribeOptions, subscribe } from "../../lib/sync/subscription/subscribe.js";
import { openProcess, openStore, type Process, register, registration } from "../layer/support.js";

@Schema("accounts")
export class Account {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string | null;
  @Field("integer") declare balance: number | null;
  @Field("string") declare note: string | null;
}

@Schema("notes")
export class Note {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare accountId: string | null;
  @Field("string") declare text: string | null;
}

export type AnyLive = Live<unknown, unknown>;

/** A tenant with a hub on it, and writes straight through the layer. */
export class World {
  readonly hub: SyncHub;
  readonly open = new Set<LiveSubscription>();

  private constructor(
    readonly engine: Engine,
    readonly process: Process,
  ) {
    const ring = newRing();
    this.hub = new SyncHub((_tenant, body) => process.run(body), new CursorKeys(async () => ring));
  }

  static async create(
    options: { accounts?: boolean; notes?: boolean; engine?: Engine } = {},
  ): Promise<World> {
    const engine = options.engine ?? (await openStore());
    const process = await openProcess(engine);
    const accounts = schemaOf(Account);
    const notes = schemaOf(Note);
    if (options.accounts !== false) {
      await register(
        process,
        registration(accounts, [], { kind: "metadata" }),
        registration(accounts, ["balance"]),
        registration(accounts, ["owner", "balance"]),
      );
    }
    if (options.notes !== false) {
      await register(
        process,
        registration(notes, [], { kind: "metadata" }),
        registration(notes, ["accountId"]),
      );
    }
    return new World(engine, process);
  }

  get tenant() {
    return this.process.tenant;
  }

  write<T>(body: (ctx: LayerContext) => Promise<T>): Promise<T> {
    return this.process.run(body);
  }

  insert<T extends object>(schema: SchemaClass<T>, values: Partial<T>): Promise<unknown> {
    return this.write((ctx) => put(ctx, schema, values));
  }

  update<T extends object>(schema: SchemaClass<T>, id: string, values: Partial<T>): Promise<unknown> {
    return this.write((ctx) => change(ctx, schema, id, values));
  }

  delete(schema: SchemaClass<object>, id: string): Promise<unknown> {
    return this.write((ctx) => remove(ctx, schema, id));
  }

  /** A fresh query. */
  async all(query: Selects<unknown> | SchemaClass<object>): Promise<unknown[]> {
    const ast = astOf(query);
    return this.process.run(async (ctx) => (await execute(ctx, ast)).map((row) => project(ast, row)));
  }

  async subscribe<const Q extends Queries>(
    queries: Q,
    options: SubscribeOptions = {},
  ): Promise<Subscription<Q>> {
    const subscription = await subscribe(
      this.hub,
      this.tenant,
      queries,
      options,
      (opened) => this.open.add(opened),
      (closed) => this.open.delete(closed),
    );
    return subscription as unknown as Subscription<Q>;
  }

  async close(): Promise<void> {
    for (const subscription of [...this.open]) await subscription.close();
    await this.engine.close();
  }
}

export function put<T extends object>(ctx: LayerContext, schema: SchemaClass<T>, values: Partial<T>) {
  return insertRecord(
    ctx,
    schemaOf(schema) as never,
    build(schema as never, values as never) as never,
    {
      conflict: "blind",
    } as never,
  );
}

export function change<T extends object>(
  ctx: LayerContext,
  schema: SchemaClass<T>,
  id: string,
  values: Partial<T> | ((stored: T) => Partial<T>),
) {
  const info = schemaOf(schema);
  return updateRecord(ctx, info as never, layoutOf(info as never).keyOfValues([id]), (stored: object) =>
    Object.assign(
      Object.create(Object.getPrototypeOf(stored)),
      stored,
      typeof values === "function" ? values(stored as T) : values,
    ),
  );
}

export function remove(ctx: LayerContext, schema: SchemaClass<object>, id: string) {
  const info = schemaOf(schema);
  return deleteRecord(ctx, info, layoutOf(info).keyOfValues([id]));
}

export { from, instrument };
