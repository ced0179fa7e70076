import type { QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Version } from "../live/index.js";
import { Unresumable } from "../live/index.js";
import type { Reader } from "../log/index.js";
import { RowDelta, rowKey } from "../log/index.js";
import type { Entry } from "../view/index.js";
import type { Feed } from "./feed.js";
import { LogFeed } from "./log-feed.js";

/** Entries that one resume reads at most; a reader that missed more is served better by a snapshot. */
const maxEntries = 50_000;

/** Fields that decide whether and where a row stands in a query. */
export function neededFields(ast: QueryAst, info: SchemaInfo): readonly string[] {
  if (ast.filters.length > 0) return info.fields.map((field) => field.name);
  return [...ast.where.map((condition) => condition.field), ...ast.order.map((term) => term.field)];
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

  /** Remembers how a row that was shown has fared. */
  note(delta: RowDelta, entry: Entry): void {
    if (delta.last.op !== "delete" && delta.leftBetween(undefined)) this.returned.add(entry.id);
  }
}
