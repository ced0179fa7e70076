import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Slot } from "../../lib/engine/embedded/versions/slot.js";
import { SlotOrder } from "../../lib/engine/embedded/versions/slot-order.js";
import { SortedMap } from "../../lib/engine/keys/index.js";

const keyOf = (n: number): string => `k${String(n).padStart(5, "0")}`;
const key = fc.nat(2_000).map(keyOf);
type Step =
  | { readonly do: "set"; readonly key: string }
  | { readonly do: "delete"; readonly key: string }
  | { readonly do: "setAll"; readonly keys: readonly string[] }
  | { readonly do: "deleteRange"; readonly begin: string; readonly end: string }
  | { readonly do: "filter"; readonly modulo: number };
const some = fc.uniqueArray(key, { maxLength: 900 }).map((keys) => [...keys].sort());
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("set" as const), key }),
  fc.record({ do: fc.constant("delete" as const), key }),
  fc.record({ do: fc.constant("setAll" as const), keys: some }),
  fc.record({ do: fc.constant("deleteRange" as const), begin: key, end: key }),
  fc.record({ do: fc.constant("filter" as const), modulo: fc.integer({ min: 1, max: 4 }) }),
);

test("a sorted map holds what a map would, in the order of its keys", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.array(key, { maxLength: 10 }), (steps, asked) => {
      const map = new SortedMap<number>();
      let model = new Map<string, number>();
      let n = 0;
      for (const one of steps) {
        n++;
        if (one.do === "set") {
          map.set(one.key, n);
          model.set(one.key, n);
        } else if (one.do === "delete") expect(map.delete(one.key)).toBe(model.delete(one.key));
        else if (one.do === "setAll") {
          const values = one.keys.map((_, i) => n * 1_000 + i);
          map.setAll(one.keys, values);
          for (const [i, k] of one.keys.entries()) model.set(k, values[i]!);
        } else if (one.do === "deleteRange") {
          map.deleteRange(one.begin, one.end);
          model = new Map([...model].filter(([k]) => k < one.begin || k >= one.end));
        } else {
          const keeps = (value: number): boolean => value % one.modulo === 0;
          map.filter(keeps);
          model = new Map([...model].filter(([, value]) => keeps(value)));
        }
      }
      const ordered = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      const found: [string, number][] = [];
      for (const cursor = map.atOrAfter(""); cursor.key !== undefined; cursor.next())
        found.push([cursor.key, cursor.value!]);
      expect(found).toEqual(ordered);
      expect(map.size).toBe(model.size);
      for (const one of asked) {
        expect(map.get(one)).toBe(model.get(one));
        expect(map.atOrAfter(one).key).toBe(ordered.find(([k]) => k >= one)?.[0]);
        expect(map.before(one).key).toBe(ordered.findLast(([k]) => k < one)?.[0]);
      }
    }),
    { numRuns: 200 },
  );
});

test("forgotten slots are passed over, and their values let go, however many there are", async () => {
  const now = new Map<string, Slot>();
  const order = new SlotOrder((key) => now.get(key));
  const add = (slot: Slot): void => {
    now.set(slot.key, slot);
    order.add(slot);
  };
  const forget = (slot: Slot): void => {
    now.delete(slot.key);
    order.forget(slot);
  };
  const slots = Array.from(
    { length: 30_000 },
    (_, n) => new Slot(keyOf((n * 7_919) % 30_000), n, Buffer.from(String(n))),
  );
  const alive = (): string[] => slots.filter(({ forgotten }) => !forgotten).map((slot) => slot.key);
  const seen = (reverse: boolean): string[] => {
    const cursor = order.cursor("", "l", reverse);
    const keys: string[] = [];
    for (let { slot } = cursor; slot !== undefined; slot = cursor.slot) {
      keys.push(slot.key);
      cursor.step();
    }
    return keys;
  };
  for (const slot of slots.slice(0, 20_000)) add(slot);
  // Without a read of a range, most of them are put in order meanwhile.
  while (order.waiting > 10_000) await new Promise((resolve) => setImmediate(resolve));
  for (const slot of slots.slice(0, 700)) forget(slot);
  for (const slot of slots.slice(20_000)) add(slot);
  for (const slot of slots.slice(29_000)) forget(slot);
  const left = alive()
    .filter((k) => k < keyOf(30_000))
    .sort();
  expect(seen(false)).toEqual(left);
  expect(seen(true)).toEqual([...left].reverse());
  for (const slot of slots) if (!slot.forgotten && slot.key > keyOf(100)) forget(slot);
  expect(seen(false)).toEqual(alive().sort());
  expect(slots.every(({ forgotten, value }) => forgotten === (value === undefined))).toBe(true);
  // What took the place of a forgotten one is found.
  const again = new Slot(keyOf(5_000), 1, Buffer.from("again"));
  add(again);
  expect(order.cursor(keyOf(200), "l", false).slot).toBe(again);
  // So is what took its place before anybody looked.
  forget(again);
  const [first, second] = [1, 2].map((n) => new Slot(keyOf(5_000), n, Buffer.from(String(n))));
  add(first!);
  forget(first!);
  add(second!);
  expect(order.cursor(keyOf(200), "l", false).slot).toBe(second);
});
