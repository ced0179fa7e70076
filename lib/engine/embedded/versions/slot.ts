/** A key that was written in the last five seconds: its newest value and the ones before it. */

import type { Key } from "../../keys/index.js";

type Value = Buffer | undefined;

/** An older value of a key; `version` 0 is what the file held before the window. */
export class Past {
  constructor(
    readonly version: number,
    readonly value: Value,
    public before: Past | undefined,
  ) {}
}

const TRIM = 16;

export class Slot {
  before: Past | undefined;
  /** Version of the newest write that carried a write conflict range. */
  conflict = 0;
  /** Not yet handed to the file. */
  dirty = false;
  /** Part of the journal's next group. */
  logging = false;
  /** No longer among the keys in memory. */
  forgotten = false;
  private depth = 0;
  private trimAt = TRIM;

  constructor(
    readonly key: Key,
    public version: number,
    public value: Value,
  ) {}

  at(version: number): Value {
    if (this.version <= version) return this.value;
    let past = this.before;
    while (past !== undefined && past.version > version) past = past.before;
    return past?.value;
  }

  /** Version of the write that `at` finds; 0 for what the file held before the window. */
  versionAt(version: number): number {
    if (this.version <= version) return this.version;
    let past = this.before;
    while (past !== undefined && past.version > version) past = past.before;
    return past?.version ?? 0;
  }

  /** Makes `value` the newest. */
  push(version: number, value: Value): void {
    if (this.version !== version) {
      this.before = new Past(this.version, this.value, this.before);
      this.version = version;
      this.depth++;
    }
    this.value = value;
  }

  /** Nobody can ask for it any more: it lets go of its values. */
  forget(): void {
    this.forgotten = true;
    this.value = undefined;
    this.before = undefined;
  }

  /** Takes back every write above `version`. */
  revert(version: number): void {
    while (this.version > version) {
      const past = this.before;
      this.version = past?.version ?? 0;
      this.value = past?.value;
      this.before = past?.before;
    }
  }

  /**
   * Forgets what no reader at or after `cutoff` can see. Walking a long chain for every write of a busy key would
   * be quadratic, so it waits until the chain has doubled.
   */
  trim(cutoff: number): void {
    if (this.depth < this.trimAt) return;
    let past = this.before;
    let kept = 1;
    if (this.version <= cutoff) this.before = undefined;
    else {
      for (; past !== undefined && past.version > cutoff; past = past.before) kept++;
      if (past !== undefined) past.before = undefined;
    }
    this.depth = kept;
    this.trimAt = Math.max(TRIM, 2 * kept);
  }
}
