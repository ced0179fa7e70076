/** The tables of both contenders on libSQL. */
export const tables = [
  `create table authors ("id" text primary key not null, "email" text not null, "name" text not null,
     "insertedAt" integer not null, "updatedAt" integer not null)`,
  `create table posts ("id" text primary key not null, "authorId" text not null, "topic" text not null,
     "title" text not null, "body" text not null, "score" integer not null, "publishedAt" integer not null,
     "insertedAt" integer not null, "updatedAt" integer not null)`,
  `create table counters ("id" text primary key not null, "value" integer not null)`,
  `create index "authors_email" on authors ("email")`,
  `create index "posts_authorId" on posts ("authorId")`,
  `create index "posts_topic_publishedAt" on posts ("topic", "publishedAt")`,
];

export const settings = (durability) => ["PRAGMA journal_mode=WAL", synchronous(durability)];

export const synchronous = (durability) => `PRAGMA synchronous=${durability === "sync" ? "FULL" : "NORMAL"}`;

/** What a store says of itself. */
export const described = (journal, level) =>
  `journal_mode=${journal}, synchronous=${["OFF", "NORMAL", "FULL"][level]}`;
