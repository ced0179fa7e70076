/** An open store: hands out versions, checks conflicts, and commits into memory and onto the disk. */

import type { Key } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import type { Change, DataFile, Journal } from "../disk/index.js";
import { encodeVersion, JOURNAL_KEY, PROMISE_KEY } from "../disk/index.js";
import type { ReadConflicts } from "../versions/index.js";
import {
  CommitLog,
  ConflictHistory,
  Overlay,
  Slot,
  VERSION_WINDOW,
  type VersionClock,
} from "../versions/index.js";
import { applyWrites } from "./apply-writes.js";
import { clearOf, storedClears, storedKept } from "./clear-notes.js";
import type { CommitRequest } from "./commit-request.js";
import { GroupWriter } from "./group-writer.js";
import { JournalWriter } from "./journal-writer.js";
import { RangeClearer } from "./range-clearer.js";
import { StoreSnapshot } from "./store-snapshot.js";
import { Turns } from "./turns.js";
import { WatchRegistry } from "./watches.js";

/** How far the version that the file promises is ahead of those handed out; a restart begins at it. */
const PROMISE = 10_000_000;
/** Keys that may wait for the data file before acknowledgements are held back. */
const BACKLOG = 100_000;
/** With a journal the data file can wait: what is written again meanwhile is written once. */
const LINGER = { ms: 500, keys: 2000 };

/** Writes forgotten in one go; more would hold up the event loop. */
const FORGET_AT_ONCE = 2000;

interface Waiter {
  readonly version: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface StoreOptions {
  readonly file: DataFile;
  /** Opens the journal of a durable store, beginning after the version `base`. */
  readonly openJournal: (base: number) => Journal;
  readonly clock: VersionClock;
  readonly durability: "sync" | "relaxed";
  readonly maxWatches: number;
  /** For tests of the tests: `false` accepts every commit. */
  readonly checkConflicts: boolean;
}

export class Store {
  readonly overlay: Overlay;
  readonly watches: WatchRegistry;
  readonly turns = new Turns();
  private readonly clock: VersionClock;
  private readonly history: ConflictHistory;
  private readonly log: CommitLog;
  private readonly writer: GroupWriter;
  /** Of a durable store: what makes commits survive before the data file has them. */
  private readonly journal: JournalWriter | undefined;
  private readonly clearer: RangeClearer;
  private readonly checkConflicts: boolean;
  /** Commits that wait for the disk, oldest first; readers see nothing of them yet. */
  private waiting: Waiter[] = [];
  private promised = 0;
  /** Everything up to it is in the data file. */
  private flushed: number;
  /** The newest commit that cannot be taken back. */
  private stable: number;
  /** Versions before it were handed out by an earlier process, whose past is forgotten. */
  private readonly oldest: number;
  private failure: Error | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: StoreOptions) {
    this.clock = options.clock;
    this.checkConflicts = options.checkConflicts;
    this.oldest = this.clock.last - 1;
    this.flushed = this.clock.last;
    this.stable = this.clock.last;
    this.overlay = new Overlay(options.file);
    this.history = new ConflictHistory(this.overlay);
    this.log = new CommitLog(this.overlay, this.history);
    this.watches = new WatchRegistry(options.maxWatches);
    const sync = options.durability === "sync";
    this.writer = new GroupWriter(
      options.file,
      {
        stable: () => this.stable,
        extra: (version) => this.extra(version),
        written: (version) => this.written(version),
        failed: (error) => {
          this.failure = error;
        },
      },
      { synced: sync, ...(sync ? { linger: LINGER } : {}) },
    );
    if (sync) {
      this.journal = new JournalWriter({
        open: () => this.openJournal(),
        flushed: () => this.flushed,
        ready: () =>
          this.failure === undefined && this.writer.backlog > BACKLOG ? this.writer.settled() : undefined,
        durable: (version, slots) => this.durable(version, slots),
        failed: (error, slots) => this.undo(error, slots),
      });
    }
    this.clearer = new RangeClearer(options.file, this.overlay, {
      stable: () => this.stable,
      past: (version) => this.tooOld(version - 1) && this.flushed >= version && this.log.oldest >= version,
    });
    options.file.writeSync(this.promise());
    this.resumeClears();
  }

  /** The version a new reader sees: everything acknowledged, nothing that a crash could take back. */
  readVersion(): number {
    if (this.journal !== undefined && this.waiting.length > 0) return this.waiting[0]!.version - 1;
    const version = this.clock.current();
    if (version > this.promised - PROMISE / 2) {
      if (version >= this.promised) this.options.file.writeSync(this.promise());
      else this.writer.schedule();
    }
    return version;
  }

  /** Whether a reader at `version` is outside FoundationDB's five seconds. */
  tooOld(version: number): boolean {
    return version < this.oldest || this.clock.current() - version > VERSION_WINDOW;
  }

  get(key: Key, version: number): Buffer | undefined {
    return this.overlay.read(key, version);
  }

  /** Waits until `version` is readable; after a second without it, `future_version`. */
  async reach(version: number): Promise<void> {
    for (let waited = 0; this.readVersion() < version; waited += 20) {
      if (waited >= 1000) throw new EngineError(1009);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The newest value that a new reader would see. */
  current(key: Key): Buffer | undefined {
    return this.overlay.get(key, this.readVersion());
  }

  /** Everything at the version that a new reader sees; to be ended. */
  snapshot(): StoreSnapshot {
    return new StoreSnapshot(this.options.file, this.overlay, this.readVersion());
  }

  /** Which of `reads` were changed after `version`. */
  conflicting(reads: ReadConflicts, version: number): [Key, Key][] {
    return reads.changedRanges(this.history, version);
  }

  /**
   * Checks and applies one transaction. Throws its refusal (1007, 1020); otherwise returns the commit version and
   * a promise when the acknowledgement must wait for the disk.
   */
  commit(request: CommitRequest): { version: number; acknowledged: Promise<void> | undefined } {
    if (this.failure !== undefined) {
      // Every attempt tries the file again, for the next one.
      this.writer.schedule();
      throw this.failure;
    }
    const { readVersion, reads } = request;
    if (request.checkAge && this.tooOld(readVersion)) throw new EngineError(1007);
    if (this.checkConflicts && reads.changedSince(this.history, readVersion)) throw new EngineError(1020);

    const version = this.clock.next();
    const slots = applyWrites(this.overlay, this.history, request.writes, version);
    this.log.add(version, slots);
    this.writer.add(version, slots);
    this.forget(slots.length + 2);
    this.forgetLater();
    if (this.journal !== undefined) this.journal.add(version, slots);
    else {
      this.stable = version;
      if (this.watches.watching) this.notify(slots);
      if (this.writer.backlog < BACKLOG) return { version, acknowledged: this.turns.next() };
    }
    const acknowledged = new Promise<void>((resolve, reject) => {
      this.waiting.push({ version, resolve, reject });
    });
    return { version, acknowledged };
  }

  /** Writes what is pending and the exact last version. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.clearer.close();
    await this.journal?.drain();
    await this.writer.drain();
    this.promised = this.clock.last + 1;
    const complete = this.flushed >= this.stable;
    try {
      // While the data file lacks something, the journal stays for the next open.
      const ended: Change[] = complete ? [[JOURNAL_KEY, undefined]] : [];
      this.options.file.writeSync([[PROMISE_KEY, encodeVersion(this.promised)], ...ended]);
      if (complete) this.journal?.remove();
    } finally {
      this.journal?.close();
    }
  }

  private openJournal(): Journal {
    const journal = this.options.openJournal(this.flushed);
    this.options.file.writeSync([[JOURNAL_KEY, encodeVersion(this.flushed)]]);
    return journal;
  }

  private written(version: number): void {
    this.failure = undefined;
    this.flushed = version;
    if (this.journal === undefined) this.acknowledge(version);
  }

  private durable(version: number, slots: readonly Slot[]): void {
    if (slots.length > 0) this.stable = version;
    this.acknowledge(version);
    if (this.watches.watching) this.notify(slots);
  }

  private acknowledge(version: number): void {
    let done = 0;
    while (done < this.waiting.length && this.waiting[done]!.version <= version) done++;
    const acknowledged = this.waiting.splice(0, done);
    for (const waiter of acknowledged) waiter.resolve();
  }

  private notify(slots: readonly Slot[]): void {
    const version = this.readVersion();
    for (const slot of slots) {
      this.watches.changed(slot.key, slot.at(version));
      const clear = clearOf(slot.key, slot.value);
      if (clear === undefined) continue;
      for (const key of this.watches.keysIn(clear.begin, clear.end))
        this.watches.changed(key, this.overlay.get(key, version));
    }
  }

  /** Takes back every commit that waits, since the journal refused the first of them. */
  private undo(error: Error, slots: readonly Slot[]): void {
    const refused = this.waiting;
    this.waiting = [];
    const last = (refused[0]?.version ?? 1) - 1;
    for (const slot of slots) slot.revert(last);
    this.overlay.clears.revert(last);
    for (const waiter of refused) waiter.reject(error);
  }

  private extra(version: number): Change[] {
    const journal: Change[] =
      this.journal !== undefined && version > this.flushed ? [[JOURNAL_KEY, encodeVersion(version)]] : [];
    return [...this.promise(), ...journal];
  }

  private promise(): Change[] {
    const last = this.clock.last;
    if (this.promised - last > PROMISE / 2) return [];
    this.promised = last + PROMISE;
    return [[PROMISE_KEY, encodeVersion(this.promised)]];
  }

  /** Drops from memory up to `limit` writes that no reader can ask for any more; returns whether some are left. */
  forget(limit: number): boolean {
    // What the file does not have yet must stay, however slow the disk is; so must what is newer than a clear that
    // hides the file's rows.
    const clear = this.overlay.clears.oldest?.version ?? Number.POSITIVE_INFINITY;
    return this.log.evict(Math.min(this.clock.current() - VERSION_WINDOW, this.flushed, clear - 1), limit);
  }

  /** Goes on with what an earlier process has cleared and not removed. */
  private resumeClears(): void {
    const { clears } = this.overlay;
    for (const clear of storedClears(this.options.file)) clears.add(clear);
    if (clears.empty) return;
    for (const { key, version } of storedKept(this.options.file)) {
      const known = this.overlay.slot(key);
      if (known !== undefined) known.version = version;
      const slot = known ?? new Slot(key, version, this.options.file.get(key));
      if (known === undefined) this.overlay.adopt(slot);
      this.log.add(version, [slot]);
    }
    this.forgetLater();
  }

  /** Commits forget as they go; this is for when they cease. */
  private forgetLater(ms = 500): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const left = this.forget(FORGET_AT_ONCE);
      this.clearer.advance();
      if (!this.log.empty || !this.overlay.clears.empty) this.forgetLater(left ? 1 : 500);
    }, ms);
    this.timer.unref();
  }
}
