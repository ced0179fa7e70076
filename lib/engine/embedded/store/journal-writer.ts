/** Writes commits to the journal in groups, each with one flush.
 *
 * A group is everything that commits until the event loop would go on to something else: transactions that
 * are woken together commit together, and none waits for a group to be worth its flush.
 */

import { errnoOf, isFull } from "../disk/index.js";
import type { Journal } from "../journal/index.js";
import type { Slot } from "../versions/index.js";

/** Groups that may hold up timers and sockets in a row: each can be woken by the one before it. */
const FLUSHES_A_TURN = 8;

/** What `JournalWriter` needs of the store around it. */
export interface JournalHost {
  /** The journal, opened by the first commit. */
  open(): Journal;
  /** The version up to which the data file is durable. */
  flushed(): number;
  /** What the next group must wait for, while the data file is far behind. */
  ready(): Promise<void> | undefined;
  /** Commits up to `version` cannot be lost; `slots` are what they wrote. */
  durable(version: number, slots: readonly Slot[]): void;
  /**
   * The journal took nothing of what was committed after `unknown`, which `slots` are of. Of the commits up to
   * `unknown` nobody knows whether a crash would show them.
   */
  failed(error: unknown, slots: readonly Slot[], unknown: number): void;
  /** Everything that cannot be taken back goes into the data file; rejects when the file does not take it. */
  settle(): Promise<void>;
  /** The data file is to be written now, since the journal grows. */
  hurry(): void;
  /** The data file has everything, and says that it needs the journal no more. */
  end(journal: Journal): void;
}

export class JournalWriter {
  private pending: Slot[] = [];
  private version = 0;
  /** The version that the last group went up to. */
  private written = 0;
  /** Groups since the event loop turned. */
  private flushes = 0;
  private running: Promise<void> | undefined;
  private scheduled = false;
  private journal: Journal | undefined;
  /** A journal whose flush failed: it stays as it is until the data file has all that was acknowledged. */
  private spent: Journal | undefined;

  constructor(private readonly host: JournalHost) {}

  add(version: number, slots: readonly Slot[]): void {
    this.version = version;
    for (const slot of slots) {
      if (slot.logging) continue;
      slot.logging = true;
      this.pending.push(slot);
    }
    this.schedule();
  }

  /** Everything committed so far is in the journal, or failed to get there. */
  async drain(): Promise<void> {
    for (;;) {
      // What is scheduled runs now: to await it here would keep the turn from ending that it waits for.
      if (this.running !== undefined) await this.running;
      else if (this.scheduled) this.start();
      else return;
    }
  }

  /** The journal that the data file needs; undefined before the first commit. */
  get inUse(): Journal | undefined {
    return this.journal ?? this.spent;
  }

  /** After everything is in the data file and the file says so. */
  remove(): void {
    this.inUse?.remove();
    this.forget();
  }

  /** Leaves the files to the next open. */
  close(): void {
    this.inUse?.close();
    this.forget();
  }

  private forget(): void {
    this.journal = undefined;
    this.spent = undefined;
  }

  private schedule(): void {
    if (this.scheduled || this.running !== undefined) return;
    this.scheduled = true;
    const run = (): void => {
      if (this.scheduled && this.running === undefined) this.start();
    };
    // After everything that promises still have to do, but before the event loop goes on to anything else.
    if (this.flushes < FLUSHES_A_TURN) process.nextTick(run);
    else setImmediate(run);
    if (this.flushes++ === 0) {
      setImmediate(() => {
        this.flushes = 0;
      });
    }
  }

  private start(): void {
    this.scheduled = false;
    const wait = this.spent === undefined ? (this.host.ready() ?? this.write()) : this.renew();
    if (wait === undefined) return;
    this.running = wait
      .catch((error: unknown) => this.refusePending(error))
      .finally(() => {
        this.running = undefined;
        if (this.version !== this.written) this.schedule();
      });
  }

  private write(): Promise<void> | undefined {
    const { version } = this;
    const slots = this.take();
    this.written = version;
    const done = (): void => this.host.durable(version, slots);
    if (slots.length === 0) {
      done();
      return undefined;
    }
    let appended = false;
    const failed = (error: unknown): void => this.refuse(error, slots, appended ? version : 0);
    let flushed: Promise<void> | undefined;
    try {
      this.journal ??= this.host.open();
      appended = this.append(this.journal, version, slots);
      flushed = this.journal.flush();
    } catch (error) {
      failed(error);
      return undefined;
    }
    if (flushed !== undefined) return flushed.then(done, failed);
    done();
    return undefined;
  }

  private append(journal: Journal, version: number, slots: readonly Slot[]): true {
    try {
      journal.append(version, slots, this.host.flushed());
      if (journal.outgrown(this.host.flushed())) this.host.hurry();
      return true;
    } catch (error) {
      // A file that has no room has nothing of a record that counts; after any other failure that cannot be known.
      if (errnoOf(error) !== undefined && !isFull(errnoOf(error))) journal.broken = true;
      throw error;
    }
  }

  private refuse(error: unknown, slots: readonly Slot[], unknown: number): void {
    if (this.journal?.broken === true) {
      this.spent = this.journal;
      this.journal = undefined;
      this.schedule();
    }
    this.host.failed(error, [...slots, ...this.take()], unknown);
  }

  /** Does without a journal that failed: when the data file has everything, the next group begins another. */
  private async renew(): Promise<void> {
    try {
      await this.host.settle();
      this.host.end(this.spent!);
      this.remove();
    } catch (error) {
      this.refusePending(error);
    }
  }

  private refusePending(error: unknown): void {
    this.written = this.version;
    this.host.failed(error, this.take(), 0);
  }

  private take(): readonly Slot[] {
    const slots = this.pending;
    this.pending = [];
    for (const slot of slots) slot.logging = false;
    return slots;
  }
}
