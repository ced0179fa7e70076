import { deepStrictEqual } from "node:assert";
import type { PostRow, Store } from "./contender.js";
import { authors, emailOf, posts, topicOf } from "./data.js";

const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);

/** The fields that were stored; a contender's rows may have more. */
function plain(row: PostRow): Omit<PostRow, "authorId"> {
  const { id, topic, title, body, score, publishedAt } = row;
  return { id, topic, title, body, score, publishedAt: new Date(publishedAt) };
}

/** @throws AssertionError when a store answers one of the measured reads with anything but the rows that were stored */
export async function checkAnswers(store: Store): Promise<void> {
  const asked = posts[4321]!;
  deepStrictEqual(plain((await store.get(asked.id))!), plain(asked), `${store.name}: get`);
  const found = await store.getByEmail(emailOf(77));
  deepStrictEqual(
    [found?.id, found?.name],
    [authors[77]!.id, authors[77]!.name],
    `${store.name}: get by index`,
  );
  const topic = posts.filter((row) => row.topic === topicOf(5));
  deepStrictEqual((await store.topic(topicOf(5))).map(plain), topic.map(plain), `${store.name}: index range`);
  const scanned = await store.scan(1000);
  deepStrictEqual(scanned.map(plain), posts.slice(0, 1000).map(plain), `${store.name}: scan`);
  const loaded = (await store.preload(100)).map((author) => [
    author.id,
    author.name,
    [...author.posts].sort(byId).map(plain),
  ]);
  const expected = authors
    .slice(0, 100)
    .map(({ id, name }) => [id, name, posts.filter((row) => row.authorId === id).map(plain)]);
  deepStrictEqual(loaded, expected, `${store.name}: preload`);
}
