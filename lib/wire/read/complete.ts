/** Makes a transition whole again: a reader has what was before, and is told only what differs. */

import type { Decoded } from "./decode.js";
import type { FrameStep } from "./frame.js";
import { patched, touched } from "./patch.js";

type Values = Readonly<Record<string, unknown>>;

/** A step with the rows before and after it. */
export type WholeStep =
  | { readonly op: "insert"; readonly key: unknown; readonly row: unknown; readonly index: number }
  | {
      readonly op: "update";
      readonly key: unknown;
      readonly row: unknown;
      readonly before: unknown;
      readonly changed: readonly string[];
      readonly index: number;
      readonly from: number;
    }
  | { readonly op: "delete"; readonly key: unknown; readonly before: unknown; readonly index: number };

/** A transition that a subscriber is told, and the value after it. */
export interface Completed {
  readonly value: Values;
  readonly transition: Decoded & { readonly previous?: Values };
}

/** Applies a step to the list, and says what it did. */
function applied(list: unknown[], step: FrameStep): WholeStep {
  const { key, index } = step;
  if (step.op === "insert") {
    list.splice(index, 0, step.row);
    return { op: "insert", key, row: step.row, index };
  }
  if (step.op === "delete") return { op: "delete", key, before: list.splice(index, 1)[0], index };
  const { from = index, patch } = step;
  if (from >= list.length) throw new RangeError("No row is there.");
  const before = list.splice(from, 1)[0];
  const row = "row" in step ? step.row : patched(before, patch);
  list.splice(index, 0, row);
  const changed = step.changed ?? (patch === undefined ? [] : touched(patch));
  return { op: "update", key, row, before, changed, index, from };
}

/** The value after a decoded transition, and the transition with `row`, `before` and `previous`. */
export function complete(value: Values, decoded: Decoded): Completed {
  if (decoded.type === "snapshot") return { value: Object.freeze(decoded.value), transition: decoded };
  if (decoded.type !== "change") return { value, transition: decoded };
  const [next, changes, previous] = [[], [], []] as [string, unknown][][] as [
    [string, unknown][],
    [string, readonly WholeStep[]][],
    [string, unknown][],
  ];
  for (const [label, steps] of Object.entries(decoded.changes)) {
    const before = Object.hasOwn(value, label) ? value[label] : undefined;
    // A single value is a list of at most one.
    const single = !Array.isArray(before);
    const list = single ? (before === null || before === undefined ? [] : [before]) : before.slice();
    changes.push([label, steps.map((step) => applied(list, step))]);
    next.push([label, single ? (list[0] ?? null) : Object.freeze(list)]);
    previous.push([label, before]);
  }
  return {
    value: Object.freeze({ ...value, ...Object.fromEntries(next) }),
    transition: {
      ...decoded,
      changes: Object.fromEntries(changes),
      previous: Object.fromEntries(previous),
    } as Completed["transition"],
  };
}

/** The value after a transition; the same object when nothing changed. */
export const foldTransition = (value: Values, decoded: Decoded): Values => complete(value, decoded).value;
