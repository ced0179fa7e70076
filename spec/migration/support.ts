import {
  decodeEntry,
  deleteRecord,
  type IndexInfo,
  insertRecord,
  type LayerContext,
  layoutOf,
  MetadataCache,
  metadataOf,
  prefixRange,
  readAllRecords,
  readCounter,
  readCounters,
  sourceKeys,
  updateRecord,
} from "../../lib/layer/index.js";
import type { MigrationHost } from "../../lib/migration/index.js";
import { Migration, type MigrationClass, type MigrationCommand } from "../../lib/migration/index.js";
import type { SchemaInfo } from "../../lib/schema/index.js";
import { pack } from "../../lib/tuple/index.js";
import { openProcess, type Process, type User, user, users } from "../layer/support.js";

/** A release of an application: its own process, which applies migrations as a Repo does. */
export class Release implements MigrationHost {
  constructor(readonly process: Process) {}
  get metadata(): MetadataCache {
    return this.process.metadata;
  }
  async engine() {
    return this.process.engine;
  }
  get tenant() {
    return this.process.tenant;
  }
}

export async function release(process: Process): Promise<Release> {
  return new Release(await openProcess(process.engine, process.tenant.id));
}

/** A migration class of some commands. */
export function migration(commands: () => readonly MigrationCommand[]): MigrationClass {
  return class extends Migration {
    change(): readonly MigrationCommand[] {
      return commands();
    }
  };
}

export const idOf = (n: number): string => `u${String(n).padStart(6, "0")}`;

/** Many rows, in transactions of a thousand. */
export async function seed(process: Process, count: number, make = seedUser): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    await process.run(async (ctx) => {
      for (let n = from; n < Math.min(count, from + 1000); n++) {
        await insertRecord(ctx, users, make(n), { conflict: "blind" });
      }
    });
  }
}

export function seedUser(n: number): User {
  return user({ id: idOf(n), name: `name${n % 50}`, age: n % 7, email: `${n}@x` });
}

export async function indexNamed(
  process: Process,
  info: SchemaInfo,
  name: string,
): Promise<IndexInfo | undefined> {
  return process.run(async (ctx) =>
    (await metadataOf(ctx, info.source)).indexes.find((one) => one.name === name),
  );
}

/** Compares an index with a scan, at one version: the entries that are missing and the ones too many. */
export async function differences(process: Process, info: SchemaInfo, name: string): Promise<string[]> {
  return process.run(async (ctx) => {
    const index = (await metadataOf(ctx, info.source)).indexes.find((one) => one.name === name);
    if (index === undefined) return [`no index ${name}`];
    if (index.state !== "readable") return [`${name} is ${index.state}`];
    const rows = await readAllRecords<Record<string, unknown>>(
      ctx,
      info,
      sourceKeys(ctx.tenant, info.source).dataRange,
      {
        snapshot: true,
      },
    );
    if (index.kind === "counter") return counterDifferences(ctx, index, rows);
    const layout = layoutOf(info);
    const items = (row: object) =>
      index.fields.map((field) => {
        const value = (row as Record<string, unknown>)[field];
        return value === null ? null : (info.field(field).type.toKey?.(value) ?? null);
      });
    const expected = new Set(
      rows.map((row) => Buffer.from(pack([...items(row), ...layout.keyOf(row)])).toString("hex")),
    );
    const prefix = sourceKeys(ctx.tenant, info.source).named(index.unique ? "unique" : "index", name);
    const found: string[] = [];
    let { begin } = prefixRange(prefix);
    const { end } = prefixRange(prefix);
    for (;;) {
      const batch = await ctx.tx.getRange(
        { key: begin, orEqual: false, offset: 1 },
        { key: end, orEqual: false, offset: 1 },
        { snapshot: true },
      );
      for (const [key, value] of batch.rows) {
        const entry = decodeEntry(ctx.tenant, index, layout.keyFields.length, key, value);
        const id = Buffer.from(pack([...entry.values, ...entry.pk])).toString("hex");
        if (!expected.delete(id)) found.push(`too many: ${String(entry.values)} ${String(entry.pk)}`);
      }
      const last = batch.rows.at(-1);
      if (!batch.more || last === undefined) break;
      begin = Buffer.concat([last[0], Buffer.of(0)]);
    }
    return [...found, ...[...expected].map((id) => `missing: ${id}`)];
  });
}

async function counterDifferences(
  ctx: LayerContext,
  index: IndexInfo,
  rows: readonly Record<string, unknown>[],
): Promise<string[]> {
  const expected = new Map<string, { values: unknown[]; count: number }>();
  for (const row of rows) {
    const values = index.fields.map((field) => row[field]);
    const id = JSON.stringify(values);
    expected.set(id, { values, count: (expected.get(id)?.count ?? 0) + 1 });
  }
  const wrong: string[] = [];
  for (const { values, count } of expected.values()) {
    const found = await readCounter(ctx, index, values as string[], { snapshot: true });
    if (found !== count) wrong.push(`${JSON.stringify(values)}: counted ${found}, are ${count}`);
  }
  const keys = await readCounters(ctx, index, [], { snapshot: true });
  if (keys.length > expected.size) wrong.push(`${keys.length} counters for ${expected.size} values`);
  return wrong;
}

/** Writers and deleters at work until they are told to stop; every one of their errors is kept. */
export class Load {
  readonly errors: unknown[] = [];
  operations = 0;
  private running = true;
  private readonly loops: Promise<void>[];

  constructor(
    processes: readonly Process[],
    private readonly rows: number,
    private readonly random: () => number,
    private readonly unique = false,
  ) {
    this.loops = processes.map((process) => this.loop(process));
  }

  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.loops);
    if (this.errors.length > 0) throw this.errors[0];
  }

  private async loop(process: Process): Promise<void> {
    while (this.running) {
      try {
        await process.run((ctx) => this.write(ctx));
        this.operations++;
      } catch (error) {
        this.errors.push(error);
        return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private async write(ctx: LayerContext): Promise<void> {
    const n = Math.floor(this.random() * this.rows * 1.2);
    const dice = this.random();
    const name = this.unique ? `name${n}` : `name${Math.floor(this.random() * 50)}`;
    if (dice < 0.4) await deleteRecord(ctx, users, [idOf(n)]);
    else if (dice < 0.7) {
      await updateRecord<User>(ctx, users, [idOf(n)], (u) =>
        user({ ...u, name, age: Math.floor(this.random() * 7) }),
      );
    } else {
      await insertRecord(ctx, users, user({ id: idOf(n), name, age: n % 7, email: `${n}@x` }), {
        conflict: "return",
      });
    }
  }
}

/** A generator of repeatable random numbers. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const seedNumber = Number(process.env.PLINTH_SEED ?? 1);
