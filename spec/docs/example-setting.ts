/** What the examples in the docstrings of `lib` refer to: schemas, migrations and values that a reader takes for granted. */

import type { Hono } from "hono";
import {
  BelongsTo,
  type Changeset,
  cast,
  create,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  type Engine,
  enumOf,
  Field,
  HasMany,
  InsertedAt,
  index,
  type JobStep,
  type Live as LiveQuery,
  Migration,
  type Multi,
  type OptionalFields,
  PrimaryKey,
  type Query,
  type Repo,
  Schema,
  type Subscription,
  type Sync,
  type Tenant,
  UpdatedAt,
} from "plinth";
import type { RemoteConnection } from "plinth/client";
import type { LayerContext } from "../../lib/layer/index.js";

export { readFile } from "node:fs/promises";
export { createServer } from "node:http";
export { afterEach, beforeEach, expect, test } from "@jest/globals";
export { createCollection } from "@tanstack/db";

import { createRoot } from "react-dom/client";

export { createRoot };

@EmbeddedSchema()
export class Address {
  declare readonly [OptionalFields]?: "street";
  @Field("string") declare city: string;
  @Field("string") declare street: string | null;
}

@Schema("users")
export class User {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare email: string | null;
  @Field("string") declare nickname: string | null;
  @Field("string") declare fullName: string | null;
  @Field("string") declare password: string | null;
  @Field("boolean") declare terms: boolean | null;
  @Field("integer") declare age: number | null;
  @Field({ array: "string" }) declare roles: string[] | null;
  @Field("utc_datetime") declare deletedAt: Date | null;
  @Field("integer") declare lockVersion: number | null;
  @EmbedsOne(() => Address) declare address: Address | null;
  @EmbedsMany(() => Address) declare addresses: Address[];
  @UpdatedAt() declare updatedAt: Date;

  static changeset(user: User, params: unknown): Changeset<User> {
    return cast(user, params as object, ["name", "email"]);
  }
}

@Schema("products")
export class Product {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare description: string | null;
  @Field("string") declare category: string | null;
  @Field("integer", { default: 0 }) declare stock: number;
  @Field("integer") declare price: number | null;
  @Field("integer") declare shelf: number | null;
  @Field("boolean") declare pinned: boolean | null;
  @Field({ array: "string" }) declare tags: string[] | null;
  @InsertedAt() declare insertedAt: Date;
  @HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
}

@Schema("reviews")
export class Review {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare productId: string;
  @Field("string") declare userId: string | null;
  @Field("integer") declare score: number;
  @Field("string") declare text: string | null;
  @InsertedAt() declare insertedAt: Date;
  @BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;
  @BelongsTo(() => User, "userId") declare author: BelongsTo<User>;
}

@Schema("orders")
export class Order {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare customerId: string;
  @Field("string") declare userId: string | null;
  @Field("integer") declare cents: number;
  @Field("integer") declare total: number;
  @Field("boolean") declare open: boolean;
  @HasMany(() => Line, "orderId") declare lines: HasMany<Line>;
}

@Schema("lines")
export class Line {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare orderId: string;
  @Field("integer") declare position: number;
  @BelongsTo(() => Order, "orderId") declare order: BelongsTo<Order>;
}

@Schema("archived")
export class Archived {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare total: number;
}

@Schema("attempts")
export class Attempt {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("utc_datetime") declare at: Date;
}

@Schema("tasks")
export class Task {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("utc_datetime") declare dueAt: Date | null;
}

@Schema("players")
export class Player {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("integer") declare score: number;
}

@Schema("posts")
export class Post {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field({ array: "string" }) declare tags: string[];
  @Field("utc_datetime") declare deletedAt: Date | null;
}

@Schema("jobs")
export class Job {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare kind: string;
  @Field("string") declare postId: string;
}

@Schema("tickets")
export class Ticket {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field(enumOf("open", "closed")) declare state: "open" | "closed";
}

@Schema("members")
export class Member {
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("string") declare userId: string;
}

@Schema("tags")
export class Tag {
  @PrimaryKey("string") declare id: string;
}

@Schema("post_tags")
export class PostTag {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare postId: string;
  @Field("string") declare tagId: string;
  @BelongsTo(() => Tag, "tagId") declare tag: BelongsTo<Tag>;
}

@Schema("passports")
export class Passport {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare userId: string;
}

@Schema("todos")
export class Todo {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare text: string;
}

export class Catalog extends Migration {
  override change() {
    return [create(index(Product, ["name"]))];
  }
}

export class Ratings extends Migration {
  override change() {
    return [create(index(Review, ["score"]))];
  }
}

/** The queries of a server, as its browsers know them. */
export type Live = {
  readonly products: LiveQuery<readonly Product[], Product>;
  readonly todos: LiveQuery<readonly Todo[], Todo>;
  readonly reviews: (params: { readonly productId: string }) => LiveQuery<readonly Review[], Review>;
};

export declare const repo: Repo;
export declare const tx: Repo;
export declare const tenant: Tenant;
export declare const sync: Sync;
export declare const engine: Engine;
export declare const multi: Multi<{ readonly order: Order & { readonly lines: readonly Line[] } }>;
export declare const product: Product;
export declare const products: readonly Product[];
export declare const review: Review;
export declare const order: Order;
export declare const user: User;
export declare const draft: Product;
export declare const query: Query<Product>;
export declare const recent: Query<Review>;
export declare const params: { readonly [name: string]: unknown };
export declare const changeset: Changeset<User>;
export declare const page: Subscription<{
  readonly product: LiveQuery<Product | null, Product>;
  readonly reviews: LiveQuery<readonly Review[], Review>;
}>;
export declare const signal: AbortSignal;
export declare const hidden: string;
export declare const productId: string;
export declare const customerId: string;
export declare const one: Uint8Array;
export declare const render: (...shown: unknown[]) => void;
export declare const text: string;
export declare const texts: readonly string[];
export declare const token: () => string;
export declare const recount: JobStep;
export declare const productsOf: (ids: readonly unknown[]) => Promise<readonly Product[]>;
export declare const userOf: (request: Request) => Promise<User | null>;
export declare const post: (url: string, body: unknown) => Promise<{ readonly version: string }>;
export declare const openMine: () => Promise<Engine>;
export declare const ctx: LayerContext;
export declare const live: RemoteConnection<Live>;
export declare const version: bigint;
export declare const app: Hono;
export declare const container: Parameters<typeof createRoot>[0];
export declare const App: () => null;
