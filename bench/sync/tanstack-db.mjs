// TanStack DB: a local-only collection, and live queries as collections derived from it.
import {
  BTreeIndex,
  createCollection,
  createLiveQueryCollection,
  eq,
  gte,
  localOnlyCollectionOptions,
} from "@tanstack/db";

export async function open() {
  let posts;
  const lists = new Set();
  const done = (transaction) => transaction.isPersisted.promise;
  const query =
    ({ owner, atLeast }) =>
    (q) => {
      let asked = q.from({ post: posts });
      if (owner !== undefined) asked = asked.where(({ post }) => eq(post.owner, owner));
      if (atLeast !== undefined) asked = asked.where(({ post }) => gte(post.rank, atLeast));
      return asked.orderBy(({ post }) => post.rank, "asc");
    };
  return {
    name: "TanStack DB",
    promises: {
      durability: "in memory",
      processes: "one",
      resume: "no",
      transactions: "applied at once, in one thread",
      event: "what changed; the value when asked",
      sharing: "by hand: one live collection",
    },
    async load(rows) {
      posts = createCollection(
        localOnlyCollectionOptions({
          getKey: (row) => row.id,
          initialData: rows,
          autoIndex: "eager",
          defaultIndexType: BTreeIndex,
        }),
      );
      await posts.preload();
      posts.createIndex((row) => row.rank);
      posts.createIndex((row) => row.owner);
    },
    async watch(ask, listeners) {
      const live = createLiveQueryCollection({ query: query(ask), startSync: true });
      await live.preload();
      const rows = () => live.toArray;
      const subscriptions = listeners.map((listener) => live.subscribeChanges(() => listener(rows)));
      const list = {
        rows,
        async close() {
          lists.delete(list);
          for (const subscription of subscriptions) subscription.unsubscribe();
          await live.cleanup();
        },
      };
      lists.add(list);
      return list;
    },
    rename: ({ id }, body) =>
      done(
        posts.update(id, (draft) => {
          draft.body = body;
        }),
      ),
    insert: (rows) => done(posts.insert(rows)),
    increment: (id, attempted) =>
      done(
        posts.update(id, (draft) => {
          attempted();
          draft.rank++;
        }),
      ),
    async close() {
      for (const list of lists) await list.close();
      await posts.cleanup();
    },
  };
}
