// RxDB on its in-memory storage, with event-reduce (its default): live queries that are worked out from the events.
import { createRxDatabase } from "rxdb";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";

const schema = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id: { type: "string", maxLength: 20 },
    owner: { type: "string", maxLength: 20 },
    rank: { type: "integer", minimum: -1_000_000, maximum: 10_000_000, multipleOf: 1 },
    body: { type: "string" },
  },
  required: ["id", "owner", "rank", "body"],
  indexes: ["rank", ["owner", "rank"]],
};

let opened = 0;

export async function open() {
  const db = await createRxDatabase({
    name: `bench${opened++}`,
    storage: getRxStorageMemory(),
    multiInstance: false,
    eventReduce: true,
  });
  const { posts } = await db.addCollections({ posts: { schema } });
  const insert = async (rows) => {
    const { error } = await posts.bulkInsert(rows.map((row) => ({ ...row })));
    if (error.length > 0) throw new Error(`RxDB refused ${error.length} rows.`);
  };
  const query = ({ owner, atLeast }) => ({
    selector: {
      ...(owner === undefined ? {} : { owner }),
      ...(atLeast === undefined ? {} : { rank: { $gte: atLeast } }),
    },
    sort: [{ rank: "asc" }],
  });
  return {
    name: "RxDB",
    promises: {
      durability: "in memory",
      processes: "one",
      resume: "no (replications have checkpoints)",
      transactions: "one document; conflicts are retried",
      event: "the whole result",
      sharing: "equal queries, by itself",
    },
    async load(rows) {
      for (let i = 0; i < rows.length; i += 1000) await insert(rows.slice(i, i + 1000));
    },
    async watch(ask, listeners) {
      let shown;
      const subscribe = (listener) => {
        let started;
        const first = new Promise((resolve) => {
          started = resolve;
        });
        const subscription = posts.find(query(ask)).$.subscribe((documents) => {
          shown = documents;
          if (started === undefined) listener(() => documents);
          else started(subscription);
          started = undefined;
        });
        return first.then(() => subscription);
      };
      const subscriptions = await Promise.all(listeners.map(subscribe));
      return {
        rows: () => shown,
        close() {
          for (const subscription of subscriptions) subscription.unsubscribe();
        },
      };
    },
    rename: (document, body) => document.incrementalPatch({ body }),
    insert,
    async increment(id, attempted) {
      const document = await posts.findOne(id).exec();
      await document.incrementalModify((data) => {
        attempted();
        data.rank++;
        return data;
      });
    },
    close: () => db.remove(),
  };
}
