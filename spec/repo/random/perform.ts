import {
  ConstraintError,
  change,
  from,
  PrimaryKeyExistsError,
  type Query,
  type Repo,
  type SchemaClass,
  StaleEntryError,
  type Tenant,
} from "../../../lib/index.js";
import { type Condition, keyOf, type Model, matching } from "./model.js";
import { droppedOf, type Piece, type RandomSchema, type Row, type realise, typeOf } from "./schema.js";
import { type Many, namesOf, type Single } from "./steps.js";
import { compareOf, typeNamed } from "./types.js";

type Outcome = "done" | "refused" | "skipped";

/** What steps are carried out on. */
export interface World {
  readonly repo: Repo;
  readonly tenant: Tenant;
  readonly model: Model;
  readonly random: ReturnType<typeof realise>;
  /** Inside of a transaction, where `tenant` is implied and a half-written list ends everything. */
  readonly inside: boolean;
  /** Rows of the model whose keys the commit will assign, with the records that will have them. */
  readonly pending: { readonly row: Row; readonly record: Row }[];
}

const option = ({ inside, tenant }: World) => (inside ? {} : { tenant });

/** A row of the model as it is stored: what is left out is null (an empty list for embeds). */
function complete(schema: RandomSchema, row: Row): Row {
  const empty = Object.fromEntries([...namesOf(schema), "long"].map((name) => [name, null]));
  return { ...empty, ...(schema.embeds && { piece: null, pieces: [] }), ...row };
}

async function attempt(write: () => Promise<unknown>): Promise<Outcome> {
  try {
    await write();
    return "done";
  } catch (error) {
    const refusals = [PrimaryKeyExistsError, ConstraintError, StaleEntryError];
    if (refusals.some((refusal) => error instanceof refusal)) return "refused";
    throw error;
  }
}

/** Whether two lists of embedded pieces are equal, as the types of their fields tell. */
function samePieces(a: readonly (Piece | null)[], b: readonly (Piece | null)[]): boolean {
  const equal = (type: string, x: unknown, y: unknown) => compareOf(typeNamed(type), x, y) === 0;
  const same = (x: Piece | null, y: Piece | null) =>
    x === null || y === null
      ? x === y
      : equal("decimal", x.price, y.price) && equal("utc_datetime", x.at, y.at);
  return a.length === b.length && a.every((one, i) => same(one, b[i] ?? null));
}

/** A row with changes; a value that is equal to the stored one is no change, though it be written another way. */
function changed(schema: RandomSchema, row: Row, changes: Row): Row {
  const typed = new Set(namesOf(schema));
  const differs = ([name, value]: [string, unknown]) => {
    if (name === "piece" || name === "pieces")
      return !samePieces([row[name]].flat() as Piece[], [value].flat() as Piece[]);
    return !typed.has(name) || compareOf(typeOf(schema, name), row[name] ?? null, value) !== 0;
  };
  return { ...row, ...Object.fromEntries(Object.entries(changes).filter(differs)) };
}

export function queryOf(schema: SchemaClass<Row>, where: readonly Condition[]): Query<Row> {
  return where.reduce((query, [field, operators]) => query.where({ [field]: operators }), from(schema));
}

/** Carries a step out and says in the same words what the model expects. */
export async function perform(world: World, step: Single | Many): Promise<void> {
  const { repo, model, random, inside } = world;
  const { schema } = model;
  const stamped = schema.key.name === "versionstamp";
  const target = (at: number) => model.rows[at % Math.max(1, model.rows.length)];
  const expectOutcome = (outcome: Outcome, wanted: boolean) => {
    if (outcome !== (wanted ? "done" : "refused"))
      throw new Error(`${step.kind}: ${outcome}, expected ${wanted ? "done" : "refused"}`);
  };
  /** Before a list is written in a transaction: one that is refused would end the transaction. */
  const probe = (run: () => boolean) => {
    const before = model.state;
    const possible = run();
    if (inside && !possible) model.state = before;
    return possible;
  };
  switch (step.kind) {
    case "insert": {
      const row = complete(schema, step.row);
      let record: Row = {};
      const outcome = await attempt(async () => {
        record = await repo.insert(random.schema, step.row, option(world));
      });
      if (stamped && (inside || outcome === "refused")) {
        const named = { ...row, key: `pending ${world.pending.length}` };
        const before = model.state;
        expectOutcome(outcome, model.insert([named]));
        if (inside && outcome === "done") world.pending.push({ row: named, record });
        else model.state = before;
        return;
      }
      const given = stamped ? { ...row, key: record.key } : row;
      return expectOutcome(outcome, model.insert([given]));
    }
    case "upsert": {
      const stored = target(step.at);
      if (stamped && stored === undefined) return;
      const row = complete(
        schema,
        stored === undefined
          ? step.row
          : { ...step.row, key: stored.key, ...(schema.partitioned && { partition: stored.partition }) },
      );
      const names = schema.fields.map(({ name }) => name).filter((_, i) => (step.fields >> i) % 2 === 1);
      const onConflict =
        step.how === "replace"
          ? { replace: names }
          : step.how === "except"
            ? { replaceAllExcept: names }
            : step.how;
      const outcome = await attempt(() =>
        repo.insert(random.schema, row, { ...option(world), onConflict: onConflict as never }),
      );
      const before = model.find(row);
      const keep = (from: Row, fields: readonly string[]) =>
        Object.fromEntries(fields.map((name) => [name, from[name]]));
      if (before === undefined) return expectOutcome(outcome, model.insert([row]));
      if (step.how === "nothing") return expectOutcome(outcome, true);
      // A key that is equal may be written another way; the stored one stays unless everything is replaced.
      if (step.how === "replaceAll") return expectOutcome(outcome, model.put([row]));
      const keys = keep(row, ["key"]);
      const next =
        step.how === "replace"
          ? { ...before, ...keep(row, names), ...keys }
          : { ...row, ...keep(before, names) };
      return expectOutcome(outcome, model.put([next]));
    }
    case "update": {
      const stored = target(step.at);
      if (stored === undefined) return;
      const dropped = droppedOf(schema);
      const { [dropped ?? ""]: _, ...known } = step.changes;
      const changes = step.elsewhere ? known : step.changes;
      const id = schema.partitioned ? [stored.partition, stored.key] : (stored.key as string);
      const outcome = await attempt(async () => {
        if (!step.elsewhere) {
          await repo.update(
            change(await repo.getOrThrow(random.schema, id, option(world)), changes as never),
          );
          return;
        }
        const record = await repo.getOrThrow(random.other, id, option(world));
        const renamed = Object.entries(changes).map(([name, value]) => [
          /^f\d/.test(name) ? random.renamed(name) : name,
          value,
        ]);
        await repo.update(change(record, Object.fromEntries(renamed)));
      });
      return expectOutcome(outcome, model.put([changed(schema, stored, changes)]));
    }
    case "delete": {
      const stored = target(step.at);
      if (stored === undefined) return;
      const id = schema.partitioned ? [stored.partition, stored.key] : (stored.key as string);
      const outcome = await attempt(async () =>
        repo.delete(await repo.getOrThrow(random.schema, id, option(world))),
      );
      model.remove([stored]);
      return expectOutcome(outcome, true);
    }
    case "insertAll": {
      const rows = step.rows.map((row) => complete(schema, row));
      const batch = inside ? undefined : step.batch;
      const size = batch ?? Math.max(1, rows.length);
      const chunks = Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
        rows.slice(i * size, (i + 1) * size),
      );
      if (stamped) return insertStamped(world, step, chunks, batch);
      const before = model.state;
      const possible = probe(() => chunks.every((chunk) => model.insert(chunk)));
      if (inside && !possible) return;
      if (!possible) {
        // Batches before the refused one stay.
        model.state = before;
        for (const chunk of chunks) if (!model.insert(chunk)) break;
      }
      const options = batch === undefined ? {} : { batch };
      expectOutcome(
        await attempt(() => repo.insertAll(random.schema, step.rows, { ...option(world), ...options })),
        possible,
      );
      return;
    }
    case "updateAll": {
      const touched = Object.keys(step.changes);
      const unique = schema.indexes.some(
        ({ unique: is, fields, where }) =>
          is && [...fields, ...where.map(([field]) => field)].some((field) => touched.includes(field)),
      );
      const found = model.rows.filter(matching(schema, step.where));
      const possible = probe(() => model.put(found.map((row) => changed(schema, row, step.changes))));
      if (inside && !possible) return;
      const batch = inside || unique || step.batch === undefined ? {} : { batch: step.batch };
      const changes = step.called ? (row: Row) => Object.assign(row, step.changes) : step.changes;
      const query = queryOf(random.schema, step.where).scan();
      let count = found.length;
      const outcome = await attempt(async () => {
        ({ count } = await repo.updateAll(query, changes as Row, { ...option(world), ...batch }));
      });
      if (count !== found.length)
        throw new Error(`updateAll counted ${count} rows, expected ${found.length}`);
      return expectOutcome(outcome, possible);
    }
    case "deleteAll": {
      const found = model.rows.filter(matching(schema, step.where));
      const batch = inside || step.batch === undefined ? {} : { batch: step.batch };
      const { count } = await repo.deleteAll(queryOf(random.schema, step.where).scan(), {
        ...option(world),
        ...batch,
      });
      if (count !== found.length)
        throw new Error(`deleteAll counted ${count} rows, expected ${found.length}`);
      model.remove(found);
    }
  }
}

/** Gives the rows of a transaction the keys that its commit assigned. */
export function completePending({ model, pending }: World): void {
  for (const { row, record } of pending.splice(0)) {
    model.remove([row]);
    model.insert([{ ...row, key: record.key }]);
  }
}

async function insertStamped(
  world: World,
  step: Extract<Many, { kind: "insertAll" }>,
  chunks: readonly Row[][],
  batch: number | undefined,
): Promise<void> {
  const { repo, model, random, inside, pending } = world;
  const before = model.state;
  let n = 0;
  const named = chunks.map((chunk) => chunk.map((row) => ({ ...row, key: `new ${n++}` })));
  let stored = 0;
  const possible = named.every((chunk) => {
    const fits = model.insert(chunk);
    if (fits) stored += chunk.length;
    return fits;
  });
  model.state = before;
  if (inside && !possible) return;
  const records: Row[] = [];
  const outcome = await attempt(async () => {
    const done = await repo.insertAll(random.schema, step.rows, {
      ...option(world),
      ...(batch !== undefined && { batch }),
    });
    records.push(...done.records);
  });
  if (outcome !== (possible ? "done" : "refused")) throw new Error(`insertAll: ${outcome}`);
  if (inside) {
    const rows = chunks.flat().map((row, i) => ({ ...row, key: `pending ${pending.length + i}` }));
    model.insert(rows);
    pending.push(...rows.map((row, i) => ({ row, record: records[i] as Row })));
  } else if (possible) model.insert(chunks.flat().map((row, i) => ({ ...row, key: records[i]?.key })));
  else {
    // The keys of what was stored are known by reading them, in the order in which they were given.
    const keys = new Set(model.rows.map((row) => keyOf(model.schema, row)));
    const fresh = (await repo.all(random.schema, option(world))).filter(
      (row) => !keys.has(keyOf(model.schema, row)),
    );
    if (fresh.length !== stored) throw new Error(`insertAll left ${fresh.length} rows, expected ${stored}`);
    fresh.sort((a, b) =>
      (a.key as { toBigInt(): bigint }).toBigInt() < (b.key as { toBigInt(): bigint }).toBigInt() ? -1 : 1,
    );
    model.insert(
      chunks
        .flat()
        .slice(0, stored)
        .map((row, i) => ({ ...row, key: fresh[i]?.key })),
    );
  }
}
