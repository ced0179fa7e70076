/** Writes commits to the journal in groups, each with one flush.
 *
 * A group is everything that commits until the event loop would go on to something else: transactions that
 * are woken together commit together, and none waits for a group to be worth its flush.
 */

import type { Journal } from "../disk/index.js";
import { writeFailure } from "../disk/index.js";
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
  /** The journal took nothing of the group, nor of what was committed meanwhile. */
  failed(error: Error, slots: readonly Slot[]): void;
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

  /** After everything is in the data file and the file says so. */
  remove(): void {
    this.journal?.remove();
    this.journal = undefined;
  }

  /** Leaves the files to the next open. */
  close(): void {
    this.journal?.close();
    this.journal = undefined;
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
    const wait = this.host.ready() ?? this.write();
    if (wait === undefined) return;
    this.running = wait.finally(() => {
      this.running = undefined;
      if (this.version !== this.written) this.schedule();
    });
  }

  private write(): Promise<void> | undefined {
    const { version } = this;
    const slots = this.take();
    this.written = version;
    const done = (): void => this.host.durable(version, slots);
    const failed = (error: unknown): void =>
      this.host.failed(writeFailure(error), [...slots, ...this.take()]);
    let flushed: Promise<void> | undefined;
    try {
      flushed = this.log(version, slots);
    } catch (error) {
      failed(error);
      return undefined;
    }
    if (flushed !== undefined) return flushed.then(done, failed);
    done();
    return undefined;
  }

  private log(version: number, slots: readonly Slot[]): Promise<void> | undefined {
    if (slots.length === 0) return undefined;
    this.journal ??= this.host.open();
    this.journal.append(version, slots, this.host.flushed());
    return this.journal.flush();
  }

  private take(): readonly Slot[] {
    const slots = this.pending;
    this.pending = [];
    for (const slot of slots) slot.logging = false;
    return slots;
  }
}
