import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { relations } from "drizzle-orm";
import { drizzle } from "drizzle-orm/libsql";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { drizzleStore } from "./drizzle-store.mjs";
import { described, settings, synchronous, tables } from "./libsql-tables.mjs";

const now = () => new Date();
const time = () => integer({ mode: "timestamp_ms" }).notNull();
const stamps = () => ({
  insertedAt: time().$defaultFn(now),
  updatedAt: time().$defaultFn(now).$onUpdateFn(now),
});

const authors = sqliteTable("authors", {
  id: text().primaryKey(),
  email: text().notNull(),
  name: text().notNull(),
  ...stamps(),
});
const posts = sqliteTable("posts", {
  id: text().primaryKey(),
  authorId: text().notNull(),
  topic: text().notNull(),
  title: text().notNull(),
  body: text().notNull(),
  score: integer().notNull(),
  publishedAt: time(),
  ...stamps(),
});
const counters = sqliteTable("counters", { id: text().primaryKey(), value: integer().notNull() });
const authorRelations = relations(authors, ({ many }) => ({ posts: many(posts) }));
const postRelations = relations(posts, ({ one }) => ({
  author: one(authors, { fields: [posts.authorId], references: [authors.id] }),
}));
const schema = { authors, posts, counters, authorRelations, postRelations };

export async function open(folder, durability) {
  mkdirSync(folder, { recursive: true });
  const client = createClient({ url: `file:${join(folder, "data.db")}` });
  for (const statement of [...settings(durability), ...tables]) await client.execute(statement);
  const db = drizzle(client, { schema });
  const read = async (pragma) => Object.values((await client.execute(`PRAGMA ${pragma}`)).rows[0])[0];

  // The driver refuses a second write transaction at once (SQLITE_BUSY), so they take turns here. It also leaves its
  // connection behind after each, and the settings of that with it.
  let last = Promise.resolve();
  const transaction = (fn) => {
    const run = last.then(async () => {
      if (durability !== "sync") await client.execute(synchronous(durability));
      return db.transaction(fn, { behavior: "immediate" });
    });
    last = run.catch(() => undefined);
    return run;
  };
  return {
    name: "Drizzle, libSQL",
    durability: described(await read("journal_mode"), await read("synchronous")),
    ...drizzleStore(db, schema, transaction),
    close: async () => client.close(),
  };
}
