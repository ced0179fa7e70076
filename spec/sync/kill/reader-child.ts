import { writeSync } from "node:fs";
import { from, Repo, Sync, Tenant, Versionstamp } from "../../../lib/index.js";
import { pack } from "../../../lib/wire/write/index.js";
import { random } from "../runs.js";
import { JournalEntry, Post, Posts, writePost } from "./posts.js";

/**
 * A process that is killed. It prints what the journal holds since it was last printed; then it writes while nobody
 * reads, goes on from the cursor of the process before, writes on, and prints what it is told.
 */

export interface ReaderOrders {
  readonly url: string;
  readonly seed: number;
  /** The newest journal entry that was printed. */
  readonly journal: string | undefined;
  readonly cursor: string | undefined;
  /** Commits before anybody reads; without end when it is absent. */
  readonly alone: number | undefined;
}

export type ReaderLine =
  | { readonly journal: readonly [stamp: string, id: string, version: number, op: string, rank: number] }
  | { readonly ready: true }
  | { readonly told: string };

const orders = JSON.parse(process.argv[2]!) as ReaderOrders;
const say = (line: ReaderLine): void => void writeSync(1, `${JSON.stringify(line)}\n`);
const next = random(orders.seed);

const repo = new Repo({ url: orders.url, storageId: "kill", migrations: [[1, Posts]] });
const tenant = await Tenant.openOrCreate(repo, "kill");

const since =
  orders.journal === undefined
    ? from(JournalEntry)
    : from(JournalEntry).where({ id: { gt: Versionstamp.fromString(orders.journal) } as never });
for (const { id, postId, version, op, rank } of await repo.all(since, { tenant }))
  say({ journal: [id.toString(), postId, version, op, rank] });
say({ ready: true });

for (let i = 0; i < (orders.alone ?? Number.POSITIVE_INFINITY); i++) await writePost(repo, tenant, next);

const sync = new Sync(repo);
const sub = await sync.subscribe(
  tenant,
  {
    all: sync.all(from(Post).orderBy("rank")),
    top: sync.all(from(Post).orderBy({ rank: "desc" }).limit(3)),
    each: sync.each(sync.all(from(Post).select("id"), { on: "collection" }), (id) => sync.one(Post, id)),
    first: sync.one(Post, "p0"),
    high: sync.count(from(Post).where({ rank: { gte: 50 } })),
  },
  orders.cursor === undefined ? {} : { resume: orders.cursor },
);

async function write(): Promise<never> {
  for (;;) {
    await writePost(repo, tenant, next);
    // A reader may wait, and then be told of several commits at once.
    if (next(4) === 0) await new Promise((resolve) => setTimeout(resolve, next(4)));
  }
}
void write();
void write();

// Whole, rows before among it: what is told of them is judged, not what a reader would make of it.
for await (const transition of sub) say({ told: JSON.stringify(pack({ ...transition, previous: null })) });
