/** The state at the version of a cursor, as the log since then tells it. */

import type { LogBatch, LogEntry } from "../../layer/index.js";
import type { Version } from "../live/index.js";
import { breathe, commitOf, deltaFor, type Reader, type RowDelta, Unresumable } from "../log/index.js";
import { addMade, type Feed, LogFeed, type Made, nothingMade, type Past } from "../node/index.js";
import type { Entry } from "../view/index.js";

/** Entries that one resume reads at most; a reader that missed more is served better by a snapshot. */
const maxEntries = 50_000;

/** Entries that are read at once. */
const pageOfLog = 500;

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
    const deltas = new Map<string, RowDelta>();
    let after: LogEntry["at"] | Version = this.version;
    for (let left = maxEntries; ; left -= pageOfLog) {
      const batch: LogBatch = await this.reader.log(info.source, after, { limit: pageOfLog });
      if (batch.expired) throw new Unresumable("cursor-expired");
      for (const entry of batch.entries) {
        deltaFor(deltas, info, entry, this.reader).add(entry);
        this.commits.add(commitOf(entry));
      }
      if (batch.complete) return deltas;
      const last = batch.entries.at(-1);
      if (last === undefined || left <= pageOfLog) throw new Unresumable("overflow");
      after = last.at;
      await breathe();
    }
  }

  noteMade(made: Made): void {
    this.made = addMade(this.made, made);
  }

  note(delta: RowDelta, entry: Entry): void {
    if (delta.last.op !== "delete" && delta.leftBetween(undefined)) this.returned.add(entry.id);
  }
}
