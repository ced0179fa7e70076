import { change } from "../../lib/changeset/index.js";
import { counter, create, index, type JobProgress, sum } from "../../lib/migration/index.js";
import { type Cursor, from, type PlainRow, type Query } from "../../lib/query/index.js";
import { forEachTenant, Multi, type MultiResult, Repo, type WriteResult } from "../../lib/repo/index.js";
import {
  EmbeddedSchema,
  EmbedsOne,
  enumOf,
  enumValues,
  Field,
  type FieldType,
  PrimaryKey,
  Schema,
} from "../../lib/schema/index.js";
import type { Tenant } from "../../lib/tenant/index.js";
import type { Versionstamp } from "../../lib/tuple/index.js";
import { Organisation, Post, User } from "./catalog.js";
import { type Equals, ok } from "./equals.js";

type RowOf<Q> = Q extends Query<infer _, infer Row> ? Row : never;

declare const repo: Repo;
declare const tenant: Tenant;
declare const user: User;
declare const postId: Versionstamp;

@EmbeddedSchema()
class Place {
  @Field("float") declare latitude: number;
}

@EmbeddedSchema()
class Home {
  @Field("string") declare city: string;
  @Field("integer") declare floor: number | null;
  @EmbedsOne(() => Place) declare place: Place | null;
}

@Schema("members")
class Member {
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("integer") declare userId: number;
  @Field(enumOf({ open: 1, closed: 2 })) declare state: "open" | "closed";
  @Field("duration") declare notice: string | null;
  @Field({ map: "integer" }) declare points: Record<string, number>;
  @Field({ array: "string" }) declare labels: readonly string[] | null;
  @Field("bigint") declare bytes: bigint | null;
  @Field("decimal") declare fee: string;
  @Field("json") declare extra: { readonly a: number } | null;
  @EmbedsOne(() => Home) declare home: Home | null;
  @EmbedsOne(() => Home) declare office: Home;
}

declare const member: Member;

// ---- numbers that are kept, and counts by value

create(sum(Member, "bytes", ["orgId", "state"], { where: { state: "open" }, name: "open_bytes" }));
create(sum("members", "bytes", ["orgId"], { types: { orgId: "string", bytes: "bigint" } }));
create(counter(Member, ["state"]));
// @ts-expect-error a sum is of numbers
sum(Member, "notice");
// @ts-expect-error decimals are text: their sum is not kept
sum(Member, "fee");
// @ts-expect-error no such field
sum(Member, "userId", ["nope"]);
// @ts-expect-error not a state
sum(Member, "userId", [], { where: { state: "gone" } });
// @ts-expect-error a relation is no field
counter(User, ["posts"]);

const byState = await repo.countBy(Member, "state", { tenant });
ok<Equals<typeof byState, ReadonlyMap<"open" | "closed", number>>>();
const byAge = await repo.countBy(from(User).where({ role: "admin" }).select("id"), "age");
ok<Equals<typeof byAge, ReadonlyMap<number | null, number>>>();
// @ts-expect-error no such field
repo.countBy(Member, "nope");
// @ts-expect-error a relation has no values
repo.countBy(User, "posts");
// @ts-expect-error a map that is read only
byState.set("open", 1);
// @ts-expect-error no such option
repo.countBy(Member, "state", { distinct: true });

const places = await repo.aggregate(Member, "count", "state", { distinct: true, tenant });
ok<Equals<typeof places, number>>();
const total = await repo.aggregate(from(Member).where({ orgId: "a" }), "sum", "bytes", { distinct: true });
ok<Equals<typeof total, bigint | null>>();
const fees = await repo.aggregate(Member, "sum", "fee");
ok<Equals<typeof fees, string | null>>();
const mean = await repo.aggregate(Member, "avg", "userId", { distinct: false });
ok<Equals<typeof mean, number | null>>();
const least = await repo.aggregate(Member, "min", "state");
ok<Equals<typeof least, "open" | "closed" | null>>();
repo.aggregate(Member, "count");
repo.aggregate("members" as never as Query<PlainRow>, "sum", "bytes");
// @ts-expect-error no such field
repo.aggregate(Member, "count", "nope", { distinct: true });
// @ts-expect-error no such field
repo.aggregate(Member, "avg", "nope");
// @ts-expect-error a mean is of numbers
repo.aggregate(from(User), "avg", "role");
// @ts-expect-error a sum is of numbers
repo.aggregate(Member, "sum", "state");
// @ts-expect-error a relation has no order
repo.aggregate(User, "max", "posts");
// @ts-expect-error the least value is the same, however often it is there
repo.aggregate(Member, "min", "userId", { distinct: true });
// @ts-expect-error yes or no
repo.aggregate(Member, "count", "state", { distinct: "yes" });

// ---- items of lists, and paths

from(User)
  .where({ tags: { has: "new" } })
  .where({ tags: { has: "old" } });
from(Member).where({ labels: { has: "new" } });
// @ts-expect-error a list of text
from(User).where({ tags: { has: 1 } });
// @ts-expect-error one item
from(User).where({ tags: { has: ["new"] } });
// @ts-expect-error not a list
from(User).where({ name: { has: "a" } });

from(Member).where({ "home.city": "Oslo", "home.floor": { gte: 2 }, "office.floor": null });
from(Member).where({ "home.city": { startsWith: "O" }, "office.city": { in: ["Oslo", "Bergen"] } });
from(Member).where({ "home.place.latitude": { gte: 59.5 }, "office.place.latitude": null });
// @ts-expect-error a number, two steps down
from(Member).where({ "home.place.latitude": "north" });
// @ts-expect-error no such second step
from(Member).where({ "home.place.longitude": 1 });
// @ts-expect-error no such first step
from(Member).where({ "city.place.latitude": 1 });
index(Member, ["home.place.latitude", "userId"]);
// @ts-expect-error no such second step
index(Member, ["home.place.longitude"]);
// @ts-expect-error no such step
from(Member).where({ "home.town": "Oslo" });
// @ts-expect-error text
from(Member).where({ "home.city": 1 });
// @ts-expect-error no prefix of a number
from(Member).where({ "home.floor": { startsWith: "1" } });
// @ts-expect-error the city is declared without null, and so is the office
from(Member).where({ "office.city": null });
// @ts-expect-error nor is a list of embeds
from(User).where({ "places.city": "Oslo" });
index(Member, ["home.city", "state"]);
index(Member, ["labels"], { each: true });
index(Member, ["state"], { include: "all" });
// @ts-expect-error: fields in a list, or all of them
index(Member, ["state"], { include: "state" });
index(Member, ["orgId", "labels"], { each: "labels", priority: 1 });
// @ts-expect-error no such step
index(Member, ["home.town"]);
// @ts-expect-error no such field
index(Member, ["labels"], { each: "nope" });
// @ts-expect-error a number
index(Member, ["state"], { priority: "high" });

// ---- shapes

const shaped = from(Member).select({ org: "orgId", since: "notice" });
ok<Equals<RowOf<typeof shaped>, { readonly org: string; readonly since: string | null }>>();
ok<Equals<typeof rows, { readonly org: string; readonly since: string | null }[]>>();
const rows = await repo.all(shaped, { tenant });
// @ts-expect-error goes by its new name
rows[0]?.orgId;
// @ts-expect-error no such field
from(Member).select({ org: "nope" });
const partial = from(Member).selectRecord(["orgId", "userId", "state"]);
ok<Equals<RowOf<typeof partial>, Pick<Member, "orgId" | "userId" | "state">>>();
const some = await repo.one(partial);
// @ts-expect-error may be missing
some.state;
// @ts-expect-error was not chosen
some?.notice;
// @ts-expect-error no such field
from(Member).selectRecord(["nope"]);
// @ts-expect-error a relation is no field
from(User).selectRecord(["posts"]);
// @ts-expect-error a list of fields
from(Member).selectRecord("state");

// ---- types of fields

class Fields {
  @Field("duration") declare a: string | null;
  // @ts-expect-error a duration is text
  @Field("duration") declare b: number;
  @Field(enumOf({ open: 1, closed: 2 })) declare c: "open" | "closed" | null;
  @Field(enumOf({ open: "o", closed: "c" })) declare d: "open" | "closed";
  // @ts-expect-error names, not what is stored for them
  @Field(enumOf({ open: 1, closed: 2 })) declare e: 1 | 2;
  // @ts-expect-error a name that is not in the enum
  @Field(enumOf({ open: 1 })) declare f: "open" | "closed";
  // @ts-expect-error the enum has a name that the property has not
  @Field(enumOf({ open: 1, closed: 2 })) declare g: "open";
  // @ts-expect-error numbers or text, not both
  @Field(enumOf({ open: 1, closed: "c" })) declare h: "open" | "closed";
  // @ts-expect-error no such default
  @Field(enumOf({ open: 1 }), { default: "closed" }) declare i: "open";
  @Field({ map: "integer" }) declare j: Readonly<Record<string, number>>;
  // @ts-expect-error values of another type
  @Field({ map: "integer" }) declare k: Record<string, string>;
  // @ts-expect-error no such type
  @Field({ map: "number" }) declare l: Record<string, number>;
  @Field({ map: enumOf("a", "b") }) declare m: Record<string, "a" | "b">;
  @Field({ array: { map: "string" } }) declare n: Record<string, string>[];
}
const states = enumValues(Member, "state");
ok<Equals<typeof states, readonly ("open" | "closed")[]>>();
// @ts-expect-error no such field
enumValues(Member, "nope");

// ---- composite keys

const found = await repo.get(Member, { orgId: "a", userId: 1 }, { tenant });
ok<Equals<typeof found, Member | null>>();
await repo.getOrThrow(Member, ["a", 1]);
await repo.get(Post, { authorId: "u1", id: postId });
// @ts-expect-error no such field
repo.get(Member, { orgId: "a", nope: 1 });
// @ts-expect-error not a number
repo.getOrThrow(Member, { orgId: "a", userId: "1" });
// @ts-expect-error there is no record without a key
repo.get(Member, null);
// @ts-expect-error nor of a missing one
repo.getOrThrow(Member, undefined);

class Keys {
  @PrimaryKey("string") declare a: string;
  @PrimaryKey("versionstamp") declare b: Versionstamp;
  // @ts-expect-error text is no number
  @PrimaryKey("integer") declare c: string;
  // @ts-expect-error the fields of a composite key are declared one by one
  @PrimaryKey(["a", "b"]) declare d: string;
}

// ---- hooks and defaults

new Repo({
  url: "memory:",
  storageId: "x",
  prepareQuery: (operation, query, { schema, source, tenant: of, context }) => {
    ok<Equals<typeof operation, string>>();
    ok<Equals<typeof query, Query<PlainRow>>>();
    ok<Equals<typeof source, string>>();
    ok<Equals<typeof of, Tenant | undefined>>();
    ok<Equals<typeof context, unknown>>();
    return schema === User ? query.where({ role: "admin" }).filter(({ age }) => age !== null) : query;
  },
  defaultOptions: (operation) => (operation === "all" ? { maxKeys: 1000, snapshot: true } : undefined),
  prepareTransaction: (fn, options, { tenant: of }) => ({
    fn: async (tx) => {
      await tx.count(User, { tenant: of });
      return fn(tx);
    },
    options: { ...options, timeoutMs: 100 },
  }),
  now: () => new Date(0),
});
new Repo({
  url: "memory:",
  storageId: "x",
  defaultOptions: { log: false, telemetry: { page: "home" }, tenant },
});
// @ts-expect-error gives a query
new Repo({ storageId: "x", prepareQuery: () => true });
// @ts-expect-error gives a query, not only the conditions
new Repo({ storageId: "x", prepareQuery: () => ({ role: "admin" }) });
// @ts-expect-error what calls have in common, not what one takes
new Repo({ storageId: "x", defaultOptions: { batch: 10 } });
// @ts-expect-error no such level
new Repo({ storageId: "x", defaultOptions: { log: "loud" } });
// @ts-expect-error a number
new Repo({ storageId: "x", defaultOptions: () => ({ maxKeys: "10" }) });
// @ts-expect-error gives { fn } or { options }
new Repo({ storageId: "x", prepareTransaction: () => 1 });
// @ts-expect-error no such option of transactions
new Repo({ storageId: "x", prepareTransaction: () => ({ options: { attempts: 3 } }) });
// @ts-expect-error gives a date
new Repo({ storageId: "x", now: () => 0 });
// @ts-expect-error yes or no
new Repo({ storageId: "x", readOnly: "yes" });

// ---- results as values

const tried = await repo.transact(tenant, (tx) => tx.tryUpdate(change(user, { age: 3 })));
if (tried.ok) ok<Equals<typeof tried.value, User>>();
else if ("changeset" in tried) void tried.changeset.errors;
else ok<Equals<typeof tried.error, unknown>>();
const gave = await repo.transact(tenant, async () => ({ ok: false, reason: "sold out" }) as const);
if (!gave.ok && "reason" in gave) ok<Equals<typeof gave.reason, "sold out">>();
// @ts-expect-error it failed, whatever it gave
if (gave.ok) gave.reason;
const several = await repo.transact(tenant, new Multi().insert("post", Post, { title: "x" }).put("n", 1));
if (several.ok) ok<Equals<[typeof several.value.post, typeof several.value.n], [Post, number]>>();
else if ("failedOperation" in several) ok<Equals<typeof several.failedOperation, string>>();
// @ts-expect-error the version goes with transactional
repo.transact(tenant, () => 1, { returning: "version" });
// @ts-expect-error a tenant's handle
repo.transact("acme", () => 1);
// @ts-expect-error no such option
repo.transact(tenant, () => 1, { attempts: 1 });

// ---- long work

const worked = await repo.job(tenant, "names", async (tx, cursor) => {
  ok<Equals<typeof tx, Repo>>();
  ok<Equals<typeof cursor, Cursor | undefined>>();
  const { rows: users, next } = await tx.page(from(User), { limit: 500, after: cursor ?? null });
  for (const one of users) await tx.update(change(one, { name: one.name.trim() }));
  return next;
});
ok<Equals<typeof worked, JobProgress>>();
await repo.job(tenant, "numbers", async (_, cursor: number | undefined) => (cursor === 3 ? null : 1), {
  restart: true,
  staleClaimMs: 1_000,
  onProgress: ({ step, steps, batches, rows: of, done }) => void [step, steps, batches, of, done],
});
await repo.job(tenant, "both", [
  async (_, cursor: number | undefined) => (cursor === undefined ? 1 : null),
  async (_, cursor: string | undefined) => (cursor === undefined ? "a" : null),
  async (tx) => void (await tx.deleteAll(from(Post))),
]);
// @ts-expect-error gives another kind of cursor than it takes
repo.job(tenant, "x", async (_, cursor: number | undefined) => (cursor === undefined ? "a" : null));
repo.job(tenant, "x", [
  async (_, cursor: number | undefined) => (cursor === undefined ? 1 : null),
  // @ts-expect-error gives another kind of cursor than it takes
  async (_, cursor: string | undefined) => (cursor === undefined ? 1 : null),
]);
// @ts-expect-error no cursor that could be stored
repo.job(tenant, "x", async (_, _cursor: Map<string, string> | undefined) => null);
// @ts-expect-error a function, or a list of them
repo.job(tenant, "x", "y");
// @ts-expect-error no such option
repo.job(tenant, "x", async () => null, { again: true });
// @ts-expect-error a tenant's handle
repo.job("acme", "x", async () => null);
// @ts-expect-error progress says nothing of that
worked.percent;

const visited = await forEachTenant(repo, async (one) => repo.count(User, { tenant: one }), {
  concurrency: 2,
});
ok<Equals<typeof visited, { readonly count: number }>>();
await forEachTenant(repo, ({ id }) => id.toUpperCase(), { ids: new Set(["a"]) });
// @ts-expect-error of the handle, not of the id
forEachTenant(repo, (id: string) => id);
// @ts-expect-error a number
forEachTenant(repo, () => 1, { concurrency: "2" });
// @ts-expect-error ids are text
forEachTenant(repo, () => 1, { ids: [1] });
// @ts-expect-error no such option
forEachTenant(repo, () => 1, { limit: 1 });

const streamed = repo.stream(from(User).select("id"), {
  tenant,
  batch: 10,
  within: async (tx, page) => {
    ok<Equals<typeof tx, Repo>>();
    ok<Equals<typeof page, readonly string[]>>();
    for (const id of page) await tx.update(change(await tx.getOrThrow(User, id), { age: 1 }));
  },
});
ok<Equals<typeof streamed, AsyncGenerator<string>>>();
repo.stream(User, { within: (_, page) => page.map(({ name }) => name) });
repo.stream(User, { within: "snapshot" });
// @ts-expect-error no such way
repo.stream(User, { within: "moment" });
// @ts-expect-error the rows are users
repo.stream(User, { within: (_, page: readonly Post[]) => page });
// @ts-expect-error rows of this query have no name
repo.stream(from(User).select(["id"]), { within: (_, page) => page.map(({ name }) => name) });

const byFunction = await repo.preload([user], {
  posts: async (ids: readonly string[], tx) => {
    ok<Equals<typeof tx, Repo>>();
    return tx.all(from(Post).where({ authorId: { in: ids } }));
  },
});
ok<Equals<(typeof byFunction)[number]["posts"], Post[] & User["posts"]>>();

// ---- many rows from a query, and what they give

const copied = await repo.insertAll(Post, from(User), ({ name }) => ({ title: name }), {
  returning: ["title", "authorId"],
});
ok<Equals<(typeof copied.records)[number], Pick<Post, "title" | "authorId">>>();
await repo.insertAll(Post, from(User).select({ title: "name", authorId: "id" }), { batch: 10, tenant });
await repo.insertAll(Post, from(Member).select({ org: "orgId" }), ({ org }) => change(Post, { title: org }));
// @ts-expect-error the rows have no title
repo.insertAll(Post, from(User).select({ name: "name" }));
// @ts-expect-error a title is text
repo.insertAll(Post, from(User), ({ age }) => ({ title: age }));
// @ts-expect-error a title is wanted
repo.insertAll(Post, from(User), ({ id }) => ({ authorId: id }));
// @ts-expect-error no such field
repo.insertAll(Post, from(User), ({ name }) => ({ title: name }), { returning: ["nope"] });

// ---- a Multi with what its operations give

const steps = new Multi()
  .insertAll("posts", Post, [{ title: "x" }], { returning: ["title"] })
  .insertAll("whole", Post, [{ title: "x" }])
  .insertAll("copied", Post, from(User), ({ name }) => ({ title: name }), { returning: "title" })
  .updateAll("renamed", from(User), { name: "x" }, { returning: "id" })
  .updateAll("counted", from(User), { inc: { age: 1 } })
  .deleteAll("gone", from(Organisation), { returning: true })
  .run("same", (_, { posts, renamed, gone }) => {
    ok<Equals<typeof posts.records, readonly Pick<Post, "title">[]>>();
    ok<Equals<typeof renamed.records, readonly string[]>>();
    ok<Equals<typeof gone.records, readonly Organisation[]>>();
    return gone.count;
  });
const ran = await repo.transactional(tenant, steps);
if (ran.ok) {
  const { whole, copied: titles, counted, same } = ran.value;
  ok<Equals<[typeof whole.records, typeof titles.records], [readonly Post[], readonly string[]]>>();
  ok<Equals<[typeof same, typeof counted.count], [number, number]>>();
  // @ts-expect-error without the option there are no records
  counted.records;
}
ok<Equals<typeof ran extends MultiResult<infer _> ? true : false, true>>();
// @ts-expect-error no such field
new Multi().updateAll("a", from(User), { age: 1 }, { returning: ["nope"] });
// @ts-expect-error no such field
new Multi().insertAll("a", Post, [{ title: "x" }], { returning: "nope" });
// @ts-expect-error no such field
new Multi().insert("a", Post, { title: "x" }, { onConflict: { replace: ["nope"] } });
// @ts-expect-error no such field
new Multi().deleteAll("a", from(User), { returning: ["nope"] });

declare const unused: [FieldType<string>, WriteResult<User>];
void [total, fees, mean, places, least, states, Fields, Keys, member, unused];
