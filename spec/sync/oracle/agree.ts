import type { LogOp } from "../../../lib/layer/index.js";
import { compareValues } from "./kinds.js";
import type { At, Label } from "./label.js";
import type { Row } from "./schemas.js";
import { show } from "./show.js";

export type Labels = ReadonlyMap<string, Label>;

/** What a reader knew at a version. */
export interface Known {
  readonly version: bigint;
  readonly value: Readonly<Record<string, unknown>>;
  /** The labels it may have had then. */
  readonly labels: readonly Labels[];
  /** Labels that moved of their own accord. */
  readonly moved: readonly string[];
  /** What its signals had counted. */
  readonly counted: ReadonlyMap<string, { readonly since: bigint; readonly sum: number }>;
}

/** A reader knows something else than a fresh query. */
export class Disagreement extends Error {}

const counts: Readonly<Record<string, (op: LogOp) => boolean>> = {
  changes: () => true,
  collection: (op) => op !== "update",
  inserts: (op) => op === "insert",
  deletes: (op) => op === "delete",
  updates: (op) => op === "update",
};

const sorted = (value: unknown): readonly string[] => (value as readonly unknown[]).map(show).sort();

/** Undefined when the label shows what it should, else what it should show. */
async function wanted(name: string, label: Label, known: Known, at: At): Promise<unknown> {
  const shown = known.value[name];
  switch (label.mode) {
    case "counted": {
      const counted = known.counted.get(name);
      if (counted === undefined) return undefined;
      const { source, action } = label.counts!;
      const count = (await at.changes(source, counted.since)).filter(counts[action]!).length;
      return count === counted.sum ? undefined : `a difference of ${count}, not ${counted.sum}`;
    }
    case "held": {
      if (!known.moved.includes(name)) return undefined;
      const fresh = await label.fresh(at);
      return show(shown) === show(fresh) ? undefined : fresh;
    }
    case "unordered": {
      const fresh = await label.fresh(at);
      return show(sorted(shown)) === show(sorted(fresh)) ? undefined : fresh;
    }
    default: {
      const fresh = await label.fresh(at);
      return show(shown) === show(fresh) ? undefined : fresh;
    }
  }
}

async function firstDifference(labels: Labels, known: Known, at: At): Promise<string | undefined> {
  if (Object.keys(known.value).length !== labels.size) return "It has other labels.";
  for (const [name, label] of labels) {
    const fresh = await wanted(name, label, known, at);
    if (fresh === undefined) continue;
    return `${label.text}\n  shows ${brief(known.value[name])}\n  and not ${brief(fresh)}\n  at ${known.version}`;
  }
  return undefined;
}

const brief = (value: unknown): string => show(value).replaceAll(/([xy])\1{20,}/g, "$1…");

/** @throws Disagreement when no set of labels that the reader may have had explains what it knew */
export async function testKnown(known: Known, at: At): Promise<void> {
  let difference: string | undefined;
  for (const labels of known.labels) {
    difference = await firstDifference(labels, known, at);
    if (difference === undefined) return;
  }
  throw new Disagreement(difference);
}

/**
 * What a label that moves on some changes only may be late with: nothing that it watches. Rows beyond a limit come
 * and go unseen, so only whole lists can tell.
 *
 * @throws Disagreement
 */
export async function testHeld(name: string, label: Label, value: unknown, at: At): Promise<void> {
  if (label.on === undefined || label.on.model.limit !== undefined) return;
  const { action, model } = label.on;
  const fresh = (await label.fresh(at)) as readonly Row[];
  const shown = value as readonly Row[];
  const { key, partition } = model.source;
  const find = (rows: readonly Row[], row: Row) =>
    rows.find(
      (one) =>
        compareValues(key, one.id, row.id) === 0 &&
        (partition === undefined || one[partition] === row[partition]),
    );
  const late = (why: string) =>
    new Disagreement(`${name}, ${label.text}: ${why}\n  shows ${brief(shown)}\n  fresh ${brief(fresh)}`);
  if (action === "inserts" || action === "collection") {
    if (!fresh.every((row) => find(shown, row) !== undefined)) throw late("misses a row that came");
  }
  if (action === "deletes" || action === "collection") {
    if (!shown.every((row) => find(fresh, row) !== undefined)) throw late("keeps a row that went");
  }
  if (action === "updates") {
    for (const row of fresh) {
      const known = find(shown, row);
      if (known === undefined || show(known) === show(row)) continue;
      // A row that went and came back unseen is another row, and no update.
      if ((await at.lastChange(model.source, row)) === "update") throw late("misses an update");
    }
  }
}
