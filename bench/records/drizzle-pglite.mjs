import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { relations } from "drizzle-orm";
import { integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pglite";
import { drizzleStore } from "./drizzle-store.mjs";

const now = () => new Date();
const time = () => timestamp({ withTimezone: true, precision: 3 }).notNull();
const stamps = () => ({
  insertedAt: time().$defaultFn(now),
  updatedAt: time().$defaultFn(now).$onUpdateFn(now),
});

const authors = pgTable("authors", {
  id: uuid().primaryKey(),
  email: text().notNull(),
  name: text().notNull(),
  ...stamps(),
});
const posts = pgTable("posts", {
  id: uuid().primaryKey(),
  authorId: uuid().notNull(),
  topic: text().notNull(),
  title: text().notNull(),
  body: text().notNull(),
  score: integer().notNull(),
  publishedAt: time(),
  ...stamps(),
});
const counters = pgTable("counters", { id: uuid().primaryKey(), value: integer().notNull() });
const authorRelations = relations(authors, ({ many }) => ({ posts: many(posts) }));
const postRelations = relations(posts, ({ one }) => ({
  author: one(authors, { fields: [posts.authorId], references: [authors.id] }),
}));
const schema = { authors, posts, counters, authorRelations, postRelations };

const tables = `
  create table authors ("id" uuid primary key, "email" text not null, "name" text not null,
    "insertedAt" timestamptz(3) not null, "updatedAt" timestamptz(3) not null);
  create table posts ("id" uuid primary key, "authorId" uuid not null, "topic" text not null, "title" text not null,
    "body" text not null, "score" integer not null, "publishedAt" timestamptz(3) not null,
    "insertedAt" timestamptz(3) not null, "updatedAt" timestamptz(3) not null);
  create table counters ("id" uuid primary key, "value" integer not null);
  create index "authors_email" on authors ("email");
  create index "posts_authorId" on posts ("authorId");
  create index "posts_topic_publishedAt" on posts ("topic", "publishedAt");`;

export async function open(folder) {
  mkdirSync(folder, { recursive: true });
  const client = await PGlite.create(join(folder, "pg"));
  await client.exec(tables);
  const read = async (name) => Object.values((await client.query(`show ${name}`)).rows[0])[0];
  return {
    name: "Drizzle, PGlite",
    durability: `files in a folder, fsync=${await read("fsync")}`,
    ...drizzleStore(drizzle(client, { schema }), schema),
    close: () => client.close(),
  };
}
