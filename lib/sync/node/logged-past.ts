/** The state at the version of a cursor, as the log since then tells it. */

import type { Version } from "../live/index.js";
import { commitOf, deltaFor, type Reader, type RowDelta, Unresumable } from "../log/index.js";
import type { Entry } from "../view/index.js";
import type { Feed, Past } from "./contracts.js";
import { LogFeed } from "./log-feed.js";
import { addMade, type Made, nothingMade } from "./node-identity.js";

/** Entries that one resume reads at most; a reader that missed more is served better by a snapshot. */
const maxEntries = 50_000;

export class LoggedPast implements Past {
  /** Ids of rows that were gone for a while and are there now, in any label. */
  readonly returned = new Set<unknown>();
  readonly commits = new Set<string>();
  /** What functions of `each` make for the ids that there were. */
  made = nothingMade;
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
    this.shown = shownAt === undefined ? this : new LoggedPast(reader, shownAt, undefined);
  }

  readonly shown: LoggedPast;

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
      deltaFor(deltas, info, entry, this.reader).add(entry);
      this.commits.add(commitOf(entry));
    }
    return deltas;
  }

  noteMade(made: Made): void {
    this.made = addMade(this.made, made);
  }

  note(delta: RowDelta, entry: Entry): void {
    if (delta.last.op !== "delete" && delta.leftBetween(undefined)) this.returned.add(entry.id);
  }
}
