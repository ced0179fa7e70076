import type { QueryAst } from "../query/index.js";
import { hydrate, type SchemaInfo } from "../schema/index.js";
import type { Entry } from "./entry.js";
import type { Feed } from "./feed.js";
import { LogFeed } from "./log-feed.js";
import type { Reader } from "./reader.js";
import { RowDelta, rowKey } from "./row-delta.js";
import type { SnapshotReason, Version } from "./transition.js";

/** Entries that one resume reads at most; a reader that missed more is served better by a snapshot. */
const maxEntries = 50_000;

/** What was missed cannot be told; the first transition is a snapshot that says why. */
export class Unresumable extends Error {
  constructor(readonly reason: SnapshotReason) {
    super(reason);
  }
}

/** Fields that decide whether and where a row stands in a query. */
export function neededFields(ast: QueryAst, info: SchemaInfo): readonly string[] {
  if (ast.filters.length > 0) return info.fields.map((field) => field.name);
  return [...ast.where.map((condition) => condition.field), ...ast.order.map((term) => term.field)];
}

/** A row before some changes. */
export interface RowBefore {
  readonly row: object;
  /** Fields whose old values nobody kept; they are null in the row. */
  readonly unknown: readonly string[];
}

/**
 * The row before the first change of a delta; null when there was none. Old values stand in the log, in images after
 * changes of other fields, and in the row as it is `now`, when the delta holds all that happened until then.
 */
export function rowBefore(delta: RowDelta, now: object | null): RowBefore | null {
  if (delta.entries[0]?.old == null) return null;
  const values: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const { name } of delta.info.fields) {
    const source = sourceOf(name, delta) ?? now;
    if (source === "nowhere" || source === null) unknown.push(name);
    else values[name] = (source as Readonly<Record<string, unknown>>)[name];
  }
  return { row: Object.freeze(hydrate(delta.info, values)), unknown };
}

/** What holds a field's value before the first change; undefined when it was never changed, so it is what it is now. */
function sourceOf(name: string, delta: RowDelta): object | "nowhere" | undefined {
  for (const { op, old, changed, record } of delta.entries) {
    if (old !== null && Object.hasOwn(old, name)) return old;
    if (op !== "update" || changed.includes(name)) return "nowhere";
    if (record !== null) return record;
  }
  return undefined;
}

/** The state at the version of a cursor, as the log since then tells it. */
export class Past {
  /** Ids of rows that were gone for a while and are there now, in any label. */
  readonly returned = new Set<unknown>();
  readonly commits = new Set<string>();
  readonly #deltas = new Map<Feed, Promise<ReadonlyMap<string, RowDelta>>>();

  /**
   * @param shownAt the version that gated labels show, where that is older
   */
  constructor(
    private readonly reader: Reader,
    readonly version: Version,
    shownAt: Version | undefined,
  ) {
    if (shownAt !== undefined && shownAt < 0n) throw new Unresumable("cursor-expired");
    this.shown = shownAt === undefined ? this : new Past(reader, shownAt, undefined);
  }

  /** The state that labels show which move only on some changes. */
  readonly shown: Past;

  /** What happened to each row of a feed since the cursor. @throws Unresumable */
  deltas(feed: Feed): Promise<ReadonlyMap<string, RowDelta>> {
    let deltas = this.#deltas.get(feed);
    if (deltas === undefined) {
      deltas = this.#read(feed);
      this.#deltas.set(feed, deltas);
    }
    return deltas;
  }

  async #read(feed: Feed): Promise<ReadonlyMap<string, RowDelta>> {
    // Without a log, nobody knows what was there.
    if (!(feed instanceof LogFeed)) throw new Unresumable("cursor-expired");
    const { info } = feed;
    const batch = await this.reader.log(info.source, this.version, { limit: maxEntries });
    if (batch.expired) throw new Unresumable("cursor-expired");
    if (!batch.complete) throw new Unresumable("overflow");
    const deltas = new Map<string, RowDelta>();
    for (const entry of batch.entries) {
      const key = rowKey(entry.pk);
      let delta = deltas.get(key);
      if (delta === undefined) {
        delta = new RowDelta(info, key, entry.pk, this.reader);
        deltas.set(key, delta);
      }
      delta.add(entry);
      for (const commit of delta.commits.slice(-1)) this.commits.add(commit);
    }
    return deltas;
  }

  /**
   * The row before its first change; null when there was none.
   *
   * @throws Unresumable when one of the `needed` fields is not known
   */
  async rowBefore(delta: RowDelta, needed: readonly string[]): Promise<RowBefore | null> {
    let before = rowBefore(delta, null);
    if (before !== null && before.unknown.length > 0) before = rowBefore(delta, await delta.row());
    if (before?.unknown.some((name) => needed.includes(name))) throw new Unresumable("cursor-expired");
    return before;
  }

  /** Remembers how a row that was shown has fared. */
  note(delta: RowDelta, entry: Entry): void {
    if (delta.last.op !== "delete" && delta.leftBetween(undefined)) this.returned.add(entry.id);
  }
}
