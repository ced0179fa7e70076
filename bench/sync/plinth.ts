import "reflect-metadata";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import type { Ask, Listener, LiveStore, PostRow } from "./contender.js";

@Schema("posts")
export class Post {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string;
  @Field("integer") declare rank: number;
  @Field("string") declare body: string;
}

class Posts extends Migration {
  change() {
    return [create(metadata(Post)), create(index(Post, ["rank"])), create(index(Post, ["owner", "rank"]))];
  }
}

export interface PlinthStore extends LiveStore {
  readonly engine: Engine;
  readonly repo: Repo;
  readonly tenant: Tenant;
  readonly sync: Sync;
}

/** Plinth on an engine, which is closed with it; posts that are there stay. */
export async function openOn(engine: Engine): Promise<PlinthStore> {
  const repo = new Repo({ engine, storageId: "bench", migrations: [[1, Posts]] });
  const tenant = await Tenant.openOrCreate(repo, "sync");
  const sync = new Sync(repo);
  const query = ({ owner, atLeast }: Ask) => {
    let posts = from(Post).orderBy("rank");
    if (owner !== undefined) posts = posts.where({ owner });
    if (atLeast !== undefined) posts = posts.where({ rank: { gte: atLeast } });
    return posts;
  };
  const subscribe = async (ask: Ask, listener: Listener) => {
    const sub = await sync.subscribe(tenant, { list: sync.all(query(ask)) });
    const rows = () => sub.value.list;
    sub.on("change:list", () => listener(rows));
    return sub;
  };
  return {
    name: "Plinth",
    engine,
    repo,
    tenant,
    sync,
    promises: {
      durability: "`memory:`, not flushed (`embedded:` flushes each commit)",
      processes: "all of a cluster; one on the embedded engine",
      resume: "from a cursor, on any process",
      transactions: "strictly serializable, any rows",
      event: "what changed, all labels at one version; the value when asked",
      sharing: "equal queries, by itself",
    },
    load: (rows) => repo.insertAll(Post, rows, { tenant, batch: 1000 }),
    async watch(ask, listeners) {
      const subs = await Promise.all(listeners.map((listener) => subscribe(ask, listener)));
      return {
        rows: () => subs[0]!.value.list,
        close: () => Promise.all(subs.map((sub) => sub.close())),
      };
    },
    rename: (row: PostRow, body) => repo.update(change(row as Post, { body })),
    insert: (rows) => repo.insertAll(Post, rows, { tenant, batch: rows.length }),
    increment: (id, attempted) =>
      repo.transactional(tenant, async (tx) => {
        attempted();
        const row = await tx.getOrThrow(Post, id);
        await tx.update(change(row, { rank: row.rank + 1 }));
      }),
    work() {
      const { feeds, watches } = sync.inspect();
      return { evaluations: feeds.reduce((sum, feed) => sum + feed.evaluations, 0), watches };
    },
    async close() {
      await sync.close();
      await repo.close();
      await engine.close();
    },
  };
}

export const open = async (): Promise<PlinthStore> => openOn(await openEngine("memory:"));
