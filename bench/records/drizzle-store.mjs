import { asc, eq, sql } from "drizzle-orm";

const placeholders = (...names) => Object.fromEntries(names.map((name) => [name, sql.placeholder(name)]));

/** The operations on any of Drizzle's databases; single-row statements are prepared once. */
export function drizzleStore(db, { authors, posts, counters }, transaction = (fn) => db.transaction(fn)) {
  const get = db
    .select()
    .from(posts)
    .where(eq(posts.id, sql.placeholder("id")))
    .prepare("get");
  const getByEmail = db
    .select()
    .from(authors)
    .where(eq(authors.email, sql.placeholder("email")))
    .limit(1)
    .prepare("get_by_email");
  const insert = db
    .insert(posts)
    .values(placeholders("id", "authorId", "topic", "title", "body", "score", "publishedAt"))
    .prepare("insert_post");
  const topic = db
    .select()
    .from(posts)
    .where(eq(posts.topic, sql.placeholder("topic")))
    .orderBy(asc(posts.publishedAt))
    .prepare("topic");
  const counterOf = (on, id) => on.select().from(counters).where(eq(counters.id, id));
  const store = {
    async load(authorRows, postRows, counterRows) {
      for (let i = 0; i < authorRows.length; i += 1000)
        await db.insert(authors).values(authorRows.slice(i, i + 1000));
      await store.bulk(postRows, 1000);
      await db.insert(counters).values(counterRows);
    },
    insert: (post) => insert.execute(post),
    get: async (id) => (await get.execute({ id }))[0],
    getByEmail: async (email) => (await getByEmail.execute({ email }))[0],
    update: (held, changes) => db.update(posts).set(changes).where(eq(posts.id, held.id)),
    topic: (name) => topic.execute({ topic: name }),
    scan: (limit) => db.select().from(posts).orderBy(asc(posts.id)).limit(limit),
    preload: (limit) => db.query.authors.findMany({ limit, orderBy: asc(authors.id), with: { posts: true } }),
    async bulk(rows, batch) {
      for (let i = 0; i < rows.length; i += batch) await db.insert(posts).values(rows.slice(i, i + batch));
    },
    increment: (id) =>
      transaction(async (tx) => {
        const [counter] = await counterOf(tx, id);
        await tx
          .update(counters)
          .set({ value: counter.value + 1 })
          .where(eq(counters.id, id));
      }),
    counter: async (id) => (await counterOf(db, id))[0].value,
  };
  return store;
}
