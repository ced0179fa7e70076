/** Cuts a plan down to what lies after a cursor. */

import { compareBytes, concatBytes } from "../../engine/index.js";
import { InvalidCursorError } from "../../errors.js";
import { pack, unpack } from "../../tuple/index.js";
import type { CursorPlace } from "./cursor.js";
import type { Plan, Span } from "./plan.js";

const afterElement = Buffer.from([0xff]);
const max = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) >= 0 ? a : b);
const min = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) <= 0 ? a : b);

/** The elements of `key` up to the distinct field: every key that starts so belongs to a value already seen. */
export function distinctGroup(plan: Plan, key: Uint8Array): Uint8Array {
  const at = Math.max(...plan.distinct!.map((field) => plan.path.fields.indexOf(field)));
  return pack(unpack(key).slice(0, at + 1));
}

function cut(plan: Plan, span: Span, key: Uint8Array): Span {
  const seen = plan.distinct === undefined ? key : distinctGroup(plan, key);
  if (plan.reverse) return { ...span, end: min(span.end, seen) };
  return { ...span, begin: max(span.begin, concatBytes(seen, afterElement)) };
}

const nonEmpty = (span: Span) => compareBytes(span.begin, span.end) < 0;

/** The place among a plan's key ranges of the one that has a key; -1 for none. */
const spanAt = ({ spans }: Plan, key: Uint8Array): number =>
  spans.findIndex(({ begin, end }) => compareBytes(begin, key) <= 0 && compareBytes(key, end) < 0);

/** What a cursor says of a row's key; in a merge without the values that its key range fixes. */
export function positionAfter(plan: Plan, key: Uint8Array): Uint8Array {
  if (plan.arrange === "sequence" || plan.kind === "union") return key;
  return key.subarray(plan.spans[spanAt(plan, key)]?.prefixLength ?? 0);
}

export function planAfter(plan: Plan, place: CursorPlace): Plan {
  const { position } = place;
  if (plan.arrange === "merge") {
    const spans = plan.spans.map((span) =>
      cut(plan, span, concatBytes(span.begin.subarray(0, span.prefixLength), position)),
    );
    return { ...plan, spans: spans.filter(nonEmpty) };
  }
  const current = spanAt(plan, position);
  if (current === -1) {
    throw new InvalidCursorError(
      "The cursor points outside the query's key ranges; it was changed on its way. Leave it out to start over.",
    );
  }
  const spans = [cut(plan, plan.spans[current]!, position), ...plan.spans.slice(current + 1)];
  return { ...plan, spans: spans.filter(nonEmpty) };
}
