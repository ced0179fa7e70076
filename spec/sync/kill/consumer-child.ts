import { writeSync } from "node:fs";
import { openEngine } from "../../../lib/engine/index.js";
import {
  type Batch,
  change,
  Field,
  from,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../../lib/index.js";
import { someOfEverything } from "../../../lib/testing/faults/fault-options.js";
import { withFaults } from "../../../lib/testing/faults/with-faults.js";
import { random } from "../runs.js";
import { JournalEntry, Post, Posts, Tally, writePost } from "./posts.js";

/**
 * A process that is killed, on a store that misbehaves. It writes, and two owners race for one consumer, whose handler
 * fails now and then. It prints how many commits there are. Told to finish, it writes nothing more, waits for the
 * consumer and prints how effects and commits compare.
 */

export interface ConsumerOrders {
  readonly url: string;
  readonly seed: number;
  readonly finish: boolean;
}

export type ConsumerLine =
  | { readonly ready: true }
  /** Commits so far. */
  | { readonly commits: number }
  | { readonly crashed: true }
  | { readonly result: Result };

export interface Result {
  readonly commits: number;
  readonly effects: number;
  /** Commits without an effect, effects without a commit, and commits with several. */
  readonly wrong: readonly string[];
  /** Batches by owner. */
  readonly batches: Readonly<Record<string, number>>;
  /** Whether the rows that the consumer keeps are the rows there are. */
  readonly mirrored: boolean;
}

/** What a commit has led to. */
@Schema("effects")
class Effect {
  /** The post and its version, which name the commit. */
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare count: number;
}

/** The version of a post that the consumer has seen last; wrong when one was left out or came twice. */
@Schema("seen")
class Seen {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare version: number;
  @Field("integer") declare wrong: number;
}

/** A copy of the posts of low rank, kept by the consumer. */
@Schema("copies")
class Copy {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare version: number;
}

/** What an owner has processed. */
@Schema("owners")
class Owner {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare batches: number;
  @Field("integer") declare commits: number;
}

const orders = JSON.parse(process.argv[2]!) as ConsumerOrders;
const say = (line: ConsumerLine): void => void writeSync(1, `${JSON.stringify(line)}\n`);
const next = random(orders.seed);

const engine = withFaults(await openEngine(orders.url), { seed: orders.seed });
const open = async () => {
  const repo = new Repo({
    engine,
    storageId: "kill",
    migrations: [[1, Posts]],
    transaction: { maxRetryDelayMs: 5 },
  });
  return { repo, tenant: await Tenant.openOrCreate(repo, "kill"), sync: new Sync(repo) };
};
const owners = [await open(), await open()];
const [{ repo, tenant }] = owners as [(typeof owners)[0]];
if (!orders.finish) engine.setFaults(someOfEverything);
say({ ready: true });

const rest = () => new Promise((resolve) => setTimeout(resolve, 5));

class Crash extends Error {}

async function note(tx: Repo, id: string, version: number): Promise<void> {
  const key = `${id}:${version}`;
  const [effect, seen] = await Promise.all([tx.get(Effect, key), tx.get(Seen, id)]);
  if (effect === null) await tx.insert(Effect, { id: key, count: 1 });
  else await tx.update(change(effect, { count: effect.count + 1 }));
  const wrong = (seen?.wrong ?? 0) + (version === (seen?.version ?? 0) + 1 ? 0 : 1);
  if (seen === null) await tx.insert(Seen, { id, version, wrong });
  else await tx.update(change(seen, { version, wrong }));
}

type Queries = ReturnType<typeof queriesOf>;
const queriesOf = (sync: Sync) => ({
  posts: sync.all(Post),
  low: sync.allBy(from(Post), { rank: { lt: 50 } }),
});

async function handle(owner: string, batch: Batch<Queries>, tx: Repo): Promise<void> {
  for (const one of batch.changes.posts)
    await note(tx, String(one.key), one.op === "delete" ? one.before.version + 1 : one.row.version);
  for (const one of batch.changes.low) {
    const id = String(one.key);
    const copy = await tx.get(Copy, id);
    if (one.op === "delete") await tx.delete(copy!);
    else if (one.op === "insert") await tx.insert(Copy, { id, version: one.row.version });
    else await tx.update(change(copy!, { version: one.row.version }));
  }
  const known = await tx.get(Owner, owner);
  const commits = (known?.commits ?? 0) + batch.changes.posts.length;
  if (known === null) await tx.insert(Owner, { id: owner, batches: 1, commits });
  else await tx.update(change(known, { batches: known.batches + 1, commits }));
  if (!orders.finish && next(20) === 0) throw new Crash();
}

async function consume(owner: string, at: (typeof owners)[0]): Promise<never> {
  for (;;) {
    try {
      await at.sync.consume(
        at.tenant,
        "effects",
        queriesOf(at.sync),
        (batch, tx) => handle(owner, batch, tx),
        { leaseMs: 100, start: "snapshot" },
      );
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      say({ crashed: true });
    }
  }
}

const commitsSoFar = async () =>
  (await repo.all(Tally, { tenant })).reduce((sum, { version }) => sum + version, 0);

const processedSoFar = async () =>
  (await repo.all(Owner, { tenant })).reduce((sum, { commits }) => sum + commits, 0);

/** Writes no further ahead of the consumer than this, so that kills find it at work. */
const aheadMost = 100;

async function write(): Promise<never> {
  for (;;) {
    for (let i = 0; i < 10; i++) await writePost(repo, tenant, next);
    const commits = await commitsSoFar();
    say({ commits });
    while (commits - (await processedSoFar()) > aheadMost) await rest();
  }
}

async function resultNow(): Promise<Result> {
  return repo.transactional(tenant, async (tx) => {
    const [journal, effects, seen, copies, posts, batches] = await Promise.all([
      tx.all(JournalEntry),
      tx.all(Effect),
      tx.all(Seen),
      tx.all(Copy),
      tx.all(from(Post).where({ rank: { lt: 50 } })),
      tx.all(Owner),
    ]);
    const commits = new Map(journal.map(({ postId, version }) => [`${postId}:${version}`, 0]));
    const wrong: string[] = [];
    for (const { id, count } of effects) {
      if (!commits.has(id)) wrong.push(`an effect of no commit: ${id}`);
      if (count !== 1) wrong.push(`${count} effects of ${id}`);
      commits.set(id, count);
    }
    for (const [id, count] of commits) if (count === 0) wrong.push(`no effect of ${id}`);
    for (const { id, wrong: times } of seen) if (times > 0) wrong.push(`${id} out of order, ${times} times`);
    const text = (rows: readonly (Copy | Post)[]) =>
      JSON.stringify(rows.map(({ id, version }) => [id, version]).sort());
    return {
      commits: journal.length,
      effects: effects.length,
      wrong,
      batches: Object.fromEntries(batches.map(({ id, batches: count }) => [id, count])),
      mirrored: text(copies) === text(posts),
    };
  });
}

owners.forEach((at, i) => void consume(`owner ${i + 1}`, at));
// The first batch tells what there is already, and has to find nothing.
while ((await repo.all(Owner, { tenant })).length === 0) await rest();
if (!orders.finish) await Promise.all([write(), write(), write()]);

const end = Date.now() + 60_000;
for (;;) {
  const result = await resultNow();
  if ((result.wrong.length === 0 && result.mirrored) || Date.now() > end) {
    say({ result: { ...result, wrong: result.wrong.slice(0, 20) } });
    await new Promise(() => undefined);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
