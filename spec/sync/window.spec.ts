import { describe, expect, test } from "@jest/globals";
import { applyChanges } from "../../lib/sync/live/change.js";
import { type Entry, noFields } from "../../lib/sync/view/entry.js";
import { EntryList } from "../../lib/sync/view/entry-list.js";
import {
  isShort,
  spareFor,
  stepList,
  stepWindow,
  type Touched,
  visible,
  type Window,
  windowChanges,
} from "../../lib/sync/view/window.js";
import { random } from "./runs.js";

interface Row {
  readonly id: number;
  readonly rank: number;
}

const compare = (a: Entry, b: Entry) =>
  (a.row as Row).rank - (b.row as Row).rank || (a.row as Row).id - (b.row as Row).id;
const entryOf = (row: Row): Entry => ({ key: String(row.id), id: row.id, row, value: row });
const rows = (entries: readonly Entry[]) => entries.map((e) => e.value);

const seed = Number(process.env.PLINTH_SEED ?? 7);
const steps = Number(process.env.PLINTH_RUNS ?? 400);

/** Random inserts, moves and deletes over 40 ids; a few at a time. */
function* history(next: (below: number) => number) {
  const table = new Map<number, Row>();
  for (let i = 0; i < steps; i++) {
    const changed = new Set<number>();
    for (let j = 0; j <= next(3); j++) changed.add(next(40));
    for (const id of changed) {
      if (table.has(id) && next(3) === 0) table.delete(id);
      else table.set(id, { id, rank: next(12) });
    }
    yield { changed, table };
  }
}

const sorted = (table: Map<number, Row>) => [...table.values()].map(entryOf).sort(compare);

describe("a list kept by what became of single rows", () => {
  test("equals the sorted table after every step, and so do its changes", () => {
    let list = EntryList.of([]);
    const known = new Map<number, Entry>();
    for (const { changed, table } of history(random(seed))) {
      const touched: Touched[] = [...changed].map((id) => {
        const row = table.get(id);
        const after = row === undefined ? undefined : entryOf(row);
        return { before: known.get(id), after, returned: false };
      });
      const step = stepList(list, touched, { compare, limit: undefined, fields: noFields });
      expect(rows(step.list.entries)).toEqual(rows(sorted(table)));
      expect(applyChanges(rows(list.entries), step.changes)).toEqual(rows(sorted(table)));
      list = step.list;
      known.clear();
      for (const entry of list.entries) known.set(entry.id as number, entry);
    }
  });
});

describe.each([1, 2, 5, 17])("a window of %i rows", (limit) => {
  test("equals the first rows of the table after every step, with one bounded refill at most", () => {
    const rules = { compare, limit, fields: noFields };
    let window: Window = { entries: [], complete: true };
    let refills = 0;
    for (const { changed, table } of history(random(seed + limit))) {
      const known = new Map(window.entries.map((e) => [e.id, e]));
      const touched: Touched[] = [...changed].map((id) => {
        const row = table.get(id);
        return {
          before: known.get(id),
          after: row === undefined ? undefined : entryOf(row),
          returned: false,
        };
      });
      let next = stepWindow(window, touched, rules);
      if (isShort(next, limit)) {
        refills++;
        const all = sorted(table);
        const entries = all.slice(0, limit + spareFor(limit));
        expect(rows(entries.slice(0, next.entries.length))).toEqual(rows(next.entries));
        next = { entries, complete: entries.length === all.length };
      }
      const expected = rows(sorted(table).slice(0, limit));
      expect(rows(visible(next, limit))).toEqual(expected);
      const changes = windowChanges(window, next, rules, touched);
      expect(applyChanges(rows(visible(window, limit)), changes)).toEqual(expected);
      window = next;
    }
    expect(refills).toBeLessThan(steps / 3);
  });
});
