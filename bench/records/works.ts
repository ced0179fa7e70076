import type { PostRow, Store } from "./contender.js";
import { counters, emailOf, post, posts, topicOf } from "./data.js";

export interface Work {
  readonly title: string;
  /** Calls of `run` in one round; by default as many as the time of a round takes. */
  readonly operations?: number;
  /** Calls at a time. */
  readonly concurrency: number;
  /** What one call counts for. */
  readonly rows: number;
  run(store: Store, i: number): Promise<unknown>;
}

const IN_FLIGHT = 16;
const BULK = 100_000;
export const BATCH = 1000;

/** Rows in an order that jumps around. */
const spread = (i: number): number => (i * 7919) % posts.length;
let fresh = posts.length;
const held = new Map<Store, readonly PostRow[]>();

/** Reads the posts that updates start from. */
export async function holdPosts(store: Store): Promise<void> {
  const rows: PostRow[] = [];
  for (let i = 0; i < 1000; i++) rows.push((await store.get(posts[spread(i)]!.id))!);
  held.set(store, rows);
}

const work = (title: string, run: Work["run"], concurrency = 1): Work => ({
  title,
  concurrency,
  rows: 1,
  run,
});

const get: Work["run"] = (store, i) => store.get(posts[spread(i)]!.id);
const getByEmail: Work["run"] = (store, i) => store.getByEmail(emailOf(i * 7919));
const insert: Work["run"] = (store) => store.insert(post(fresh++));
const update: Work["run"] = (store, i) => {
  const row = held.get(store)![i % 1000]!;
  return store.update(row, { title: `Title ${fresh++}`, score: fresh % 1000 });
};

export const reads: readonly Work[] = [
  work("get, one at a time", get),
  work(`get, ${IN_FLIGHT} in flight`, get, IN_FLIGHT),
  work("get by index, one at a time", getByEmail),
  work(`get by index, ${IN_FLIGHT} in flight`, getByEmail, IN_FLIGHT),
  work("range of 100 rows by index", (store, i) => store.topic(topicOf(i * 31))),
  work("scan of 1,000 rows", (store) => store.scan(1000)),
  work("preload of 100 × 10 rows", (store) => store.preload(100)),
];

export const singleWrites: readonly Work[] = [
  work("insert, one at a time", insert),
  work(`insert, ${IN_FLIGHT} in flight`, insert, IN_FLIGHT),
  work("update, one at a time", update),
  work(`update, ${IN_FLIGHT} in flight`, update, IN_FLIGHT),
];

const increments = new Map<Store, number>();

export const contention = work(
  "read-modify-write of 3 records, 100 in flight",
  async (store, i) => {
    await store.increment(counters[i % 3]!.id);
    increments.set(store, (increments.get(store) ?? 0) + 1);
  },
  100,
);

/** Every increment of every round is there, or the numbers of that work mean nothing. */
export async function checkCounters(store: Store): Promise<void> {
  const values = await Promise.all(counters.map(({ id }) => store.counter(id)));
  const sum = values.reduce((a, b) => a + b, 0);
  const expected = increments.get(store);
  if (sum !== expected) throw new Error(`${store.name} counted ${sum} increments of ${expected}.`);
}

export const bulk: Work = {
  title: `bulk load of ${BULK.toLocaleString("en-US")} rows, in rows`,
  operations: 1,
  concurrency: 1,
  rows: BULK,
  run(store) {
    const first = fresh;
    fresh += BULK;
    return store.bulk(
      Array.from({ length: BULK }, (_, i) => post(first + i)),
      BATCH,
    );
  },
};
