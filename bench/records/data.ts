import type { AuthorRow, CounterRow, PostRow } from "./contender.js";

const AUTHORS = 1000;
const POSTS_EACH = 10;
export const TOPICS = 100;
const EPOCH = Date.UTC(2026, 0, 1);
const BODY =
  "Glo-grain cereal, instant-tree seeds and a short note on how either of them is kept fresh at home. ";

/** Ids in ascending order, in the shape of UUIDv7. */
function idOf(kind: number, n: number): string {
  const time = (EPOCH + n).toString(16).padStart(12, "0");
  const rest = n.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${kind.toString(16).padStart(3, "0")}-8000-${rest}`;
}

export const topicOf = (n: number): string => `topic-${String(n % TOPICS).padStart(3, "0")}`;
export const emailOf = (n: number): string => `author${n % AUTHORS}@example.com`;
export const postId = (n: number): string => idOf(2, n);

export function post(n: number): PostRow {
  return {
    id: postId(n),
    authorId: idOf(1, n % AUTHORS),
    topic: topicOf(n),
    title: `Post number ${n}`,
    body: BODY,
    score: n % 1000,
    publishedAt: new Date(EPOCH + n * 1000),
  };
}

export const authors: readonly AuthorRow[] = Array.from({ length: AUTHORS }, (_, n) => ({
  id: idOf(1, n),
  email: emailOf(n),
  name: `Author ${n}`,
}));

/** 10 posts of each author, 100 of each topic. */
export const posts: readonly PostRow[] = Array.from({ length: AUTHORS * POSTS_EACH }, (_, n) => post(n));

export const counters: readonly CounterRow[] = [0, 1, 2].map((n) => ({ id: idOf(3, n), value: 0 }));
