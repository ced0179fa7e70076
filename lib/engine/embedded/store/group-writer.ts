/** Writes commits to the data file in groups: while one is written, everything that commits forms the next.
 *
 * A key that is written many times in a group is written once.
 */

import type { Change, DataFile } from "../disk/index.js";
import { writeFailure } from "../disk/index.js";
import type { Slot } from "../versions/index.js";

/** What `GroupWriter` needs of the store around it. */
export interface GroupHost {
  /** Throws when the file is nowhere any more. */
  verify(): void;
  /** The version up to which the file may know of commits. */
  stable(): number;
  /** Changes beside the slots that a group up to `version` carries. */
  extra(version: number): readonly Change[];
  /** The file has everything up to `version`. */
  written(version: number): void;
  /** The file took nothing of a group, which is tried again. */
  failed(error: Error): void;
}

export interface GroupRules {
  /** How long a group may wait for more, unless so many keys wait already. */
  readonly linger?: { readonly ms: number; readonly keys: number };
}

/** A file that refused a group is tried again after this. */
const RETRY_MS = 1000;

export class GroupWriter {
  private dirty: Slot[] = [];
  private version = 0;
  private running: Promise<void> | undefined;
  private scheduled = false;
  private paused = false;
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly file: DataFile,
    private readonly host: GroupHost,
    private rules: GroupRules,
  ) {}

  /** From now on groups wait for more. */
  linger(linger: { readonly ms: number; readonly keys: number }): void {
    this.rules = { linger };
  }

  /** Keys that wait for the next group. */
  get backlog(): number {
    return this.dirty.length;
  }

  add(version: number, slots: readonly Slot[]): void {
    this.version = version;
    this.enqueue(slots);
    const { linger } = this.rules;
    if (linger === undefined || this.dirty.length >= linger.keys) this.schedule();
    else this.scheduleLater(linger.ms);
  }

  schedule(): void {
    this.paused = false;
    if (this.scheduled || this.stopped || this.running !== undefined) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.start();
    });
  }

  /** Resolves when the group in flight, or else the next one, is written or refused. */
  async settled(): Promise<void> {
    this.start();
    await this.running;
  }

  /** Everything committed so far is in the file, or failed to get there. */
  async drain(): Promise<void> {
    do await this.settled();
    while (this.dirty.length > 0 && !this.paused);
  }

  /** Nothing is written any more, however it was scheduled. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.retry);
  }

  private start(): void {
    if (this.running !== undefined || this.stopped) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = this.run();
  }

  private async run(): Promise<void> {
    const { version } = this;
    const stable = this.host.stable();
    const slots = this.dirty;
    this.dirty = [];
    const changes = slots.map((slot): Change => [slot.key, slot.at(stable)]);
    for (const slot of slots) slot.dirty = false;
    this.enqueue(slots.filter((slot) => slot.version > stable));
    try {
      await this.write([...changes, ...this.host.extra(stable)]);
      this.paused = false;
      this.host.written(stable);
    } catch (error) {
      this.enqueue(slots);
      this.paused = true;
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.schedule(), RETRY_MS).unref();
      this.host.failed(writeFailure(error));
    }
    this.running = undefined;
    // A commit may have come meanwhile that changed no key (only write conflict ranges): it waits too.
    if (this.paused || (this.dirty.length === 0 && this.version === version)) return;
    if (this.rules.linger === undefined) this.schedule();
    else this.scheduleLater(this.rules.linger.ms);
  }

  private async write(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    this.host.verify();
    await this.file.write(changes);
  }

  private scheduleLater(ms: number): void {
    if (this.timer !== undefined || this.running !== undefined || this.paused || this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.start();
    }, ms);
    this.timer.unref();
  }

  private enqueue(slots: readonly Slot[]): void {
    for (const slot of slots) {
      if (slot.dirty) continue;
      slot.dirty = true;
      this.dirty.push(slot);
    }
  }
}
