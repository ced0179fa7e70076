import "reflect-metadata";
import { mkdirSync } from "node:fs";
import { openEngine } from "../../lib/engine/index.js";
import {
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  InsertedAt,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  UpdatedAt,
} from "../../lib/index.js";
import type { Durability, Store } from "./contender.js";

@Schema("authors")
class Author {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare email: string;
  @Field("string") declare name: string;
  @HasMany(() => Post, "authorId") declare posts: HasMany<Post>;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;
}

@Schema("posts")
class Post {
  @PrimaryKey("binary_id") declare id: string;
  @Field("binary_id") declare authorId: string;
  @Field("string") declare topic: string;
  @Field("string") declare title: string;
  @Field("string") declare body: string;
  @Field("integer") declare score: number;
  @Field("utc_datetime_usec") declare publishedAt: Date;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(post: Post, params: unknown) {
    return cast(post, params, ["title", "score"]);
  }
}

@Schema("counters")
class Counter {
  @PrimaryKey("binary_id") declare id: string;
  @Field("integer") declare value: number;
}

const indexes = () => [
  create(index(Author, ["email"])),
  create(index(Post, ["authorId"])),
  create(index(Post, ["topic", "publishedAt"])),
];

class Tables extends Migration {
  change() {
    return indexes();
  }
}

class LoggedTables extends Migration {
  change() {
    return [...indexes(), create(metadata(Post))];
  }
}

/** Plinth on its embedded engine; `logged` keeps the change log that Sync reads, which the peers have not. */
export async function open(folder: string, durability: Durability, logged = false): Promise<Store> {
  mkdirSync(folder, { recursive: true });
  const engine = await openEngine(`embedded:${folder}`, { durability });
  const migrations = [[1, logged ? LoggedTables : Tables]] as const;
  const repo = new Repo({ engine, storageId: "bench", migrations });
  const tenant = await Tenant.openOrCreate(repo, "bench");
  const options = { tenant };
  return {
    name: "Plinth",
    durability:
      durability === "sync"
        ? "a commit is flushed before it is acknowledged"
        : "flushed after it is acknowledged",
    async load(authors, posts, counters) {
      await repo.insertAll(Author, authors, { ...options, batch: 1000 });
      await repo.insertAll(Post, posts, { ...options, batch: 1000 });
      await repo.insertAll(Counter, counters, options);
    },
    insert: (post) => repo.insert(Post, post, options),
    get: (id) => repo.get(Post, id, options),
    getByEmail: (email) => repo.getBy(Author, { email }, options),
    update: (held, changes) => repo.update(Post.changeset(held as Post, changes)),
    topic: (topic) => repo.all(from(Post).where({ topic }).orderBy("publishedAt"), options),
    scan: (limit) => repo.all(from(Post).limit(limit), options),
    preload: (limit) => repo.all(from(Author).limit(limit).preload("posts"), options) as never,
    bulk: (posts, batch) => repo.insertAll(Post, posts, { ...options, batch }),
    increment: (id) =>
      repo.transactional(tenant, async (tx) => {
        const counter = await tx.getOrThrow(Counter, id);
        await tx.update(change(counter, { value: counter.value + 1 }));
      }),
    counter: async (id) => (await repo.getOrThrow(Counter, id, options)).value,
    async close() {
      await repo.close();
      await engine.close();
    },
  };
}
