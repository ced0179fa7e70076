import { expect, test } from "@jest/globals";
import type { Entry } from "../../lib/sync/view/entry.js";
import { EntryList } from "../../lib/sync/view/entry-list.js";
import { random } from "./runs.js";

const entryOf = (id: number): Entry => ({ key: String(id), id, row: id, value: id });
const compare = (a: Entry, b: Entry) => (a.id as number) - (b.id as number);
const ids = (list: EntryList) => list.entries.map(({ id }) => id);

test.each([0, 600, 1_025, 2_500])(
  "a list that begins with %i entries is what an array would be, and the lists before it stay",
  (length) => {
    const next = random(length + Number(process.env.PLINTH_SEED ?? 1));
    let list = EntryList.of(Array.from({ length }, (_, i) => entryOf(4 * i)));
    let model = list.entries.map(({ id }) => id as number);
    // Grows, shrinks to nothing, and grows again.
    const steps = 2 * length + 300;
    for (let step = 0; step < steps; step++) {
      const [before, idsBefore] = [list, model];
      const shrinks = step > steps / 4 && step < (3 * steps) / 4;
      if (model.length > 0 && next(10) < (shrinks ? 9 : 3)) {
        const index = next(model.length);
        expect(list.positionOf(entryOf(model[index]!), compare)).toBe(index);
        list = list.removeAt(index);
        model = model.toSpliced(index, 1);
      } else {
        const id = next(4 * length + 40);
        const index = list.positionOf(entryOf(id), compare);
        if (model[index] === id) continue;
        expect((model[index - 1] ?? -1) < id && id < (model[index] ?? Number.POSITIVE_INFINITY)).toBe(true);
        list = list.insertAt(index, entryOf(id));
        model = model.toSpliced(index, 0, id);
      }
      expect(list.length).toBe(model.length);
      if (step % 97 > 0) continue;
      expect(ids(list)).toEqual(model);
      expect(ids(before)).toEqual(idsBefore);
    }
    expect(ids(list)).toEqual(model);
  },
);

test("a change of a long list shares nearly all of it with the list before", () => {
  const list = EntryList.of(Array.from({ length: 100_000 }, (_, i) => entryOf(2 * i)));
  const entry = entryOf(77_777);
  const longer = list.insertAt(list.positionOf(entry, compare), entry);
  const chunksOf = (one: EntryList) => (one as unknown as { chunks: readonly unknown[] }).chunks;
  const shared = new Set(chunksOf(list));
  expect(chunksOf(longer).filter((chunk) => !shared.has(chunk))).toHaveLength(1);
});
