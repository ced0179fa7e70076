/** What the logs tell since a version, read once for all who ask. */

import type { LogBatch, LogEntry } from "../../layer/index.js";
import type { Version } from "../live/index.js";
import { breathe, commitOf, deltaFor, type Reader, type RowDelta, Unresumable } from "../log/index.js";
import { type Feed, LogFeed } from "../node/index.js";

/** Entries that one resume reads at most; a reader that missed more is served better by a snapshot. */
const maxEntries = 50_000;
/** Entries that are read at once. */
const page = 500;

/** What happened to the rows of one source, and in which commits. */
export interface SourceSpan {
  readonly deltas: ReadonlyMap<string, RowDelta>;
  readonly commits: ReadonlySet<string>;
}

export class LogSpan {
  readonly #sources = new Map<string, Promise<SourceSpan>>();

  constructor(
    private readonly reader: Reader,
    readonly since: Version,
  ) {}

  /** @throws Unresumable */
  of(feed: Feed): Promise<SourceSpan> {
    let span = this.#sources.get(feed.id);
    if (span === undefined) {
      span = this.#read(feed);
      this.#sources.set(feed.id, span);
    }
    return span;
  }

  async #read(feed: Feed): Promise<SourceSpan> {
    // Without a log, nobody knows what was there.
    if (!(feed instanceof LogFeed)) throw new Unresumable("cursor-expired");
    const { info } = feed;
    const deltas = new Map<string, RowDelta>();
    const commits = new Set<string>();
    let after: LogEntry["at"] | Version = this.since;
    for (let left = maxEntries; ; left -= page) {
      const batch: LogBatch = await this.reader.log(info.source, after, { limit: page });
      if (batch.expired) throw new Unresumable("cursor-expired");
      for (const entry of batch.entries) {
        deltaFor(deltas, info, entry, this.reader).add(entry);
        commits.add(commitOf(entry));
      }
      if (batch.complete) return { deltas, commits };
      const last = batch.entries.at(-1);
      if (last === undefined || left <= page) throw new Unresumable("overflow");
      after = last.at;
      await breathe();
    }
  }
}
