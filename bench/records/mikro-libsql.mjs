import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EntitySchema, MikroORM } from "@mikro-orm/libsql";
import { described, settings, tables } from "./libsql-tables.mjs";

const now = () => new Date();
const stamps = {
  insertedAt: { type: "datetime", fieldName: "insertedAt", onCreate: now },
  updatedAt: { type: "datetime", fieldName: "updatedAt", onCreate: now, onUpdate: now },
};
const id = { type: "string", primary: true };

const Author = new EntitySchema({
  name: "Author",
  tableName: "authors",
  properties: {
    id,
    email: { type: "string" },
    name: { type: "string" },
    posts: { kind: "1:m", entity: "Post", mappedBy: "author" },
    ...stamps,
  },
});
const Post = new EntitySchema({
  name: "Post",
  tableName: "posts",
  properties: {
    id,
    author: { kind: "m:1", entity: "Author", fieldName: "authorId" },
    topic: { type: "string" },
    title: { type: "string" },
    body: { type: "string" },
    score: { type: "integer" },
    publishedAt: { type: "datetime", fieldName: "publishedAt" },
    ...stamps,
  },
});
const Counter = new EntitySchema({
  name: "Counter",
  tableName: "counters",
  properties: { id, value: { type: "integer" } },
});

/** `em.insert` and `em.insertMany` go around the unit of work, and around `onCreate` with it. */
function columns({ authorId, ...values }) {
  const at = now();
  return {
    ...values,
    ...(authorId === undefined ? {} : { author: authorId }),
    insertedAt: at,
    updatedAt: at,
  };
}

export async function open(folder, durability) {
  mkdirSync(folder, { recursive: true });
  const orm = await MikroORM.init({ dbName: join(folder, "data.db"), entities: [Author, Post, Counter] });
  const connection = orm.em.getConnection();
  for (const statement of [...settings(durability), ...tables]) await connection.execute(statement);
  const read = async (pragma) => Object.values((await connection.execute(`PRAGMA ${pragma}`))[0])[0];
  const store = {
    name: "MikroORM, libSQL",
    durability: described(await read("journal_mode"), await read("synchronous")),
    async load(authors, posts, counters) {
      await orm.em.fork().insertMany(Author, authors.map(columns));
      await store.bulk(posts, 1000);
      await orm.em.fork().insertMany(Counter, counters);
    },
    insert: (post) => orm.em.fork().insert(Post, columns(post)),
    get: (key) => orm.em.fork().findOne(Post, key),
    getByEmail: (email) => orm.em.fork().findOne(Author, { email }),
    update: (held, changes) => orm.em.fork().nativeUpdate(Post, held.id, { ...changes, updatedAt: now() }),
    topic: (topic) => orm.em.fork().find(Post, { topic }, { orderBy: { publishedAt: "asc" } }),
    scan: (limit) => orm.em.fork().find(Post, {}, { orderBy: { id: "asc" }, limit }),
    preload: (limit) =>
      orm.em.fork().find(Author, {}, { orderBy: { id: "asc" }, limit, populate: ["posts"] }),
    async bulk(rows, batch) {
      for (let i = 0; i < rows.length; i += batch)
        await orm.em.fork().insertMany(Post, rows.slice(i, i + batch).map(columns));
    },
    increment: (key) =>
      orm.em.fork().transactional(async (em) => {
        const counter = await em.findOneOrFail(Counter, key);
        counter.value++;
      }),
    counter: async (key) => (await orm.em.fork().findOneOrFail(Counter, key)).value,
    close: () => orm.close(),
  };
  return store;
}
