import {
  CommitUnknownError,
  ConstraintError,
  change,
  PrimaryKeyExistsError,
  type Repo,
  StaleEntryError,
  UniqueViolationError,
  VersionstampPendingError,
} from "../../../lib/index.js";
import { deleteRecord, insertRecord, type LayerContext, layoutOf } from "../../../lib/layer/index.js";
import { internals } from "../../../lib/repo/index.js";
import { build, schemaOf } from "../../../lib/schema/index.js";
import type { Random } from "../runs.js";
import { chance, type Kind, pick, some } from "./kinds.js";
import { queryOf, randomQuery } from "./queries.js";
import type { Row, Source } from "./schemas.js";
import type { Process, Store } from "./store.js";

type Attrs = Readonly<Record<string, unknown>>;

/** Refusals that a random write may meet; the whole transaction is then undone. */
const refusals = [
  PrimaryKeyExistsError,
  StaleEntryError,
  ConstraintError,
  UniqueViolationError,
  CommitUnknownError,
  // A unique value beside another one of the same transaction, whose key is not made yet.
  VersionstampPendingError,
];

const isRefusal = (error: unknown): boolean => refusals.some((refusal) => error instanceof refusal);

let texts = 0;

/** Mostly small; now and then above what the log keeps an image of, and above what one value can hold. */
function randomText(next: Random): string | null {
  const roll = next(100);
  if (roll < 15) return null;
  const text = `t${roll < 60 ? next(3) : ++texts}`;
  return roll === 99 ? text.padEnd(92_000, "x") : roll > 92 ? text.padEnd(2_500, "y") : text;
}

const randomValue = (next: Random, kind: Kind, keys: readonly unknown[]): unknown => {
  const values = kind.values.length > 0 ? kind.values : keys;
  return values.length === 0 || chance(next, 6) ? null : pick(next, values);
};

function randomAttrs(next: Random, source: Source, store: Store, id: unknown): Attrs {
  const attrs: Record<string, unknown> = id === undefined ? {} : { id };
  for (const [field, kind] of source.fields) {
    if (field === "id") continue;
    const keys = store.keys(store.world.parents);
    attrs[field] = field === source.partition ? pick(next, kind.values) : randomValue(next, kind, keys);
  }
  attrs.text = randomText(next);
  attrs.extra = chance(next, 2) ? null : { n: next(3), list: [next(2)] };
  return attrs;
}

/** Values for some of the fields that may change. */
function randomChanges(next: Random, source: Source, store: Store): Attrs {
  const attrs = randomAttrs(next, source, store, undefined);
  const names = Object.keys(attrs).filter((name) => name !== source.partition);
  const chosen = new Set([pick(next, names), ...some(next, names, 2)]);
  return Object.fromEntries([...chosen].map((name) => [name, attrs[name]]));
}

const stamped = (source: Source): boolean => source.key.values.length === 0;

/** Everything that one random write needs to know. */
interface Scene {
  readonly next: Random;
  readonly store: Store;
  readonly process: Process;
  readonly source: Source;
  /** Rows there were a moment ago. */
  readonly rows: readonly Row[];
}

/** What identifies a row: its key, with its partition. */
const keyOf = (source: Source, row: Attrs): unknown =>
  source.partition === undefined ? row.id : [row[source.partition], row.id];

async function putOne(scene: Scene, repo: Repo): Promise<void> {
  const { next, store, source, process, rows } = scene;
  if (stamped(source)) {
    if (rows.length < 16)
      await repo.insert(source.schema, randomAttrs(next, source, store, undefined) as never, {
        tenant: process.tenant,
      });
    return;
  }
  const attrs = randomAttrs(next, source, store, pick(next, source.key.values));
  const onConflict = pick(next, [
    "raise",
    "nothing",
    "replaceAll",
    { replace: ["text", "extra"] },
    { replaceAllExcept: ["text"] },
  ] as const);
  await repo.insert(source.schema, attrs as never, {
    tenant: process.tenant,
    onConflict: onConflict as never,
  });
}

async function changeOne(scene: Scene, repo: Repo): Promise<void> {
  const { next, store, source, process, rows } = scene;
  if (rows.length === 0) return putOne(scene, repo);
  const known = await repo.get(source.schema, keyOf(source, pick(next, rows)) as never, {
    tenant: process.tenant,
  });
  if (known === null) return;
  await repo.update(change(known, randomChanges(next, source, store) as never), { tenant: process.tenant });
}

async function deleteOne(scene: Scene, repo: Repo): Promise<void> {
  const { next, source, process, rows } = scene;
  if (rows.length === 0) return;
  const known = await repo.get(source.schema, keyOf(source, pick(next, rows)) as never, {
    tenant: process.tenant,
  });
  if (known !== null) await repo.delete(known, { tenant: process.tenant });
}

/**
 * Deletes a row and stores another under its key, in the transaction around it or in its own: a blind insert is only
 * right where it is known that nothing is there.
 */
async function replaceOne(scene: Scene, repo: Repo): Promise<void> {
  const { next, store, source, process, rows } = scene;
  if (!repo.inTransaction) return repo.transactional(process.tenant, (tx) => replaceOne(scene, tx));
  if (rows.length === 0 || stamped(source)) return;
  const row = pick(next, rows);
  const known = await repo.get(source.schema, keyOf(source, row) as never, { tenant: process.tenant });
  if (known !== null) await repo.delete(known, { tenant: process.tenant });
  const attrs = {
    ...randomAttrs(next, source, store, row.id),
    ...(source.partition === undefined ? {} : { [source.partition]: row[source.partition] }),
  };
  await repo.insert(source.schema, attrs as never, { tenant: process.tenant, conflictTarget: [] });
}

async function someOne(scene: Scene, repo: Repo): Promise<void> {
  const roll = scene.next(10);
  if (roll < 3) await putOne(scene, repo);
  else if (roll < 7) await changeOne(scene, repo);
  else if (roll < 9) await deleteOne(scene, repo);
  else await replaceOne(scene, repo);
}

async function transaction(scene: Scene): Promise<void> {
  const { next, process, store } = scene;
  const sources = [store.world.parents, store.world.children, store.world.loose];
  await process.repo.transactional(process.tenant, async (tx) => {
    for (let i = next(4); i >= 0; i--) {
      const source = chance(next, 3) ? pick(next, sources) : scene.source;
      await someOne({ ...scene, source, rows: await store.rows(source) }, tx);
    }
    if (chance(next, 15)) tx.rollback();
  });
}

class GivenUp extends Error {}

/** Transactions of one process that want the same row at once, which are committed together; some of them fail. */
async function crowd(scene: Scene): Promise<void> {
  const { next, source, process, rows, store } = scene;
  const row = rows.length === 0 ? undefined : pick(next, rows);
  if (row === undefined) return putOne(scene, process.repo);
  const one = async (tx: Repo): Promise<void> => {
    const known = await tx.get(source.schema, keyOf(source, row) as never);
    if (known !== null) await tx.update(change(known, randomChanges(next, source, store) as never));
    if (chance(next, 3)) await someOne({ ...scene, rows: [row] }, tx);
    if (chance(next, 6)) throw new GivenUp();
    if (chance(next, 8)) tx.rollback();
  };
  const all = Array.from({ length: 3 + next(4) }, () => process.repo.transactional(process.tenant, one));
  for (const ended of await Promise.allSettled(all)) {
    if (ended.status === "rejected" && !(ended.reason instanceof GivenUp) && !isRefusal(ended.reason))
      throw ended.reason;
  }
}

async function insertMany(scene: Scene): Promise<void> {
  const { next, store, source, process, rows } = scene;
  if (stamped(source) && rows.length > 12) return;
  const ids = stamped(source) ? [undefined, undefined] : new Set(some(next, source.key.values, 4));
  const all = [...ids].map((id) => randomAttrs(next, source, store, id));
  if (all.length === 0) return;
  await process.repo.insertAll(source.schema, all as never, {
    tenant: process.tenant,
    onConflict: pick(next, ["nothing", "replaceAll"] as const),
  });
}

async function changeMany(scene: Scene): Promise<void> {
  const { next, store, source, process } = scene;
  const model = { ...randomQuery(next, source, (of) => store.keys(of)), select: undefined };
  const query = queryOf(model, await store.needsScan(model)) as never;
  const options = { tenant: process.tenant };
  if (chance(next, 4)) await process.repo.deleteAll(query, options);
  else await process.repo.updateAll(query, randomChanges(next, source, store) as never, options);
}

/** Writes through the layer, as other tools on it would: without looking where nothing was. */
async function throughLayer(scene: Scene): Promise<void> {
  const { next, store, source, process, rows } = scene;
  const info = schemaOf(source.schema);
  const body = async (ctx: LayerContext) => {
    if (stamped(source) || source.partition !== undefined) {
      const row = rows[0];
      if (row !== undefined) await deleteRecord(ctx, info as never, layoutOf(info as never).keyOf(row));
      return;
    }
    const id = pick(next, source.key.values);
    await deleteRecord(ctx, info as never, layoutOf(info as never).keyOfValues([id]));
    if (chance(next, 3)) return;
    const record = build(source.schema, randomAttrs(next, source, store, id) as never);
    await insertRecord(ctx, info as never, record as never, { conflict: "blind" });
  };
  await internals(process.repo).run(process.tenant, body);
}

/** One random write, which may be refused and may write nothing. */
export async function randomWrite(next: Random, store: Store, process: Process): Promise<void> {
  const { parents, children, loose } = store.world;
  const source = pick(next, [parents, parents, parents, children, children, loose]);
  const scene: Scene = { next, store, process, source, rows: await store.rows(source) };
  try {
    const roll = next(22);
    if (roll >= 20) await crowd(scene);
    else if (roll < 9) await transaction(scene);
    else if (roll < 14) await someOne(scene, process.repo);
    else if (roll < 16) await insertMany(scene);
    else if (roll < 18) await changeMany(scene);
    else await throughLayer(scene);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Fills the sources, so that queries and keys have something to name. */
export async function fill(next: Random, store: Store): Promise<void> {
  const [process] = store.processes;
  for (const source of [store.world.parents, store.world.loose, store.world.children]) {
    for (let i = 0; i < 5; i++) {
      const scene: Scene = { next, store, process, source, rows: await store.rows(source) };
      await putOne(scene, process.repo).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
      });
    }
    await store.rows(source);
  }
}
