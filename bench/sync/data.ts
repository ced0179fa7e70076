import { deepStrictEqual } from "node:assert";
import type { Ask, LiveStore, PostRow } from "./contender.js";

export const post = (n: number, owner = `o${n % 100}`): PostRow => ({
  id: `p${n}`,
  owner,
  rank: n,
  body: "body",
});

export const posts = (count: number, first = 0): readonly PostRow[] =>
  Array.from({ length: count }, (_, i) => post(first + i));

const plain = ({ id, owner, rank, body }: PostRow): PostRow => ({ id, owner, rank, body });

/** @throws AssertionError when a live list does not show exactly `expected` */
export function checkRows(name: string, shown: readonly PostRow[], expected: readonly PostRow[]): void {
  deepStrictEqual(shown.map(plain), expected.map(plain), `${name} shows other rows`);
}

/** @throws AssertionError when a store answers a query by owner or by rank with anything but the right rows of `posts(count)` */
export async function checkFiltered(store: LiveStore, count: number): Promise<void> {
  const asked: readonly [Ask, readonly PostRow[]][] = [
    [{ owner: "o7" }, posts(count).filter((row) => row.owner === "o7")],
    [{ atLeast: count - 5 }, posts(5, count - 5)],
  ];
  for (const [ask, expected] of asked) {
    const list = await store.watch(ask, [() => {}]);
    checkRows(store.name, list.rows(), expected);
    await list.close();
  }
}
