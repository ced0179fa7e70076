/** A store at one version, read in turns while it goes on being written to. */

import { type Key, MAX_SYSTEM_KEY } from "../../keys/index.js";
import type { DataFile } from "../disk/index.js";
import type { Overlay } from "../versions/index.js";

export interface SnapshotRow {
  readonly key: Key;
  readonly value: Buffer;
}

/** Rows read from the file in one go. */
const AT_ONCE = 256;

export class StoreSnapshot {
  private readonly file: ReturnType<DataFile["snapshot"]>;
  /** What memory has as newer than the file, or hides of it; references, no copies. */
  private readonly newer: ReturnType<Overlay["valuesBefore"]>;
  private readonly cleared: readonly { readonly from: Key; readonly to: Key }[];

  constructor(
    file: DataFile,
    overlay: Overlay,
    readonly version: number,
  ) {
    // All in one turn: nothing is written to the file, or forgotten by memory, between the three.
    this.newer = overlay.valuesBefore(MAX_SYSTEM_KEY, version);
    this.cleared = overlay.clears.empty
      ? []
      : overlay.clears.parts("", MAX_SYSTEM_KEY, version).filter(({ cleared }) => cleared > 0);
    this.file = file.snapshot();
  }

  /** Every row, in order of the keys. */
  *rows(): Generator<SnapshotRow> {
    let at = 0;
    for (const row of this.stored()) {
      for (; at < this.newer.length && this.newer[at]![0] < row.key; at++) yield* rowOf(this.newer[at]!);
      if (this.newer[at]?.[0] === row.key) yield* rowOf(this.newer[at++]!);
      else yield row;
    }
    for (; at < this.newer.length; at++) yield* rowOf(this.newer[at]!);
  }

  end(): void {
    this.file.end();
  }

  /** What is in the file and not cleared. */
  private *stored(): Generator<SnapshotRow> {
    const { cleared } = this;
    let part = 0;
    let last: Key | undefined;
    for (;;) {
      const rows = this.file.rowsAfter(last, AT_ONCE);
      for (const row of rows) {
        while (part < cleared.length && cleared[part]!.to <= row.key) part++;
        if (part < cleared.length && cleared[part]!.from <= row.key && !this.isNewer(row.key)) continue;
        yield row;
      }
      if (rows.length < AT_ONCE) return;
      last = rows.at(-1)!.key;
    }
  }

  /** Whether memory decides about a key, which `rows` asks next. */
  private isNewer(key: Key): boolean {
    let low = 0;
    let high = this.newer.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.newer[middle]![0] < key) low = middle + 1;
      else high = middle;
    }
    return this.newer[low]?.[0] === key;
  }
}

function* rowOf([key, value]: readonly [Key, Buffer | undefined]): Generator<SnapshotRow> {
  if (value !== undefined) yield { key, value };
}
