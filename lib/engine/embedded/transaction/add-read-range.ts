/** Adds a range that was read to a transaction's read conflicts, less what its own writes decided. */

import type { Key } from "../../keys/index.js";
import type { WriteMap } from "../../writes/index.js";
import type { ReadConflicts } from "../versions/index.js";

/** Left out are cleared ranges and independent writes: no other transaction can change what was read there. */
export function addReadRange(reads: ReadConflicts, writes: WriteMap, begin: Key, end: Key): void {
  if (writes.empty) {
    reads.addRange(begin, end);
    return;
  }
  for (const [from, to] of writes.cleared.without(begin, end)) {
    let at = from;
    const cursor = writes.points.atOrAfter(from);
    for (; cursor.key !== undefined && cursor.key < to; cursor.next()) {
      if (!cursor.value!.independent) continue;
      reads.addRange(at, cursor.key);
      at = `${cursor.key}\0`;
    }
    reads.addRange(at, to);
  }
  // An operation over an unknown value inside a cleared range does not exist: it was computed at once.
}
