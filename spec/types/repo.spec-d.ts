import { type Changeset, cast, change } from "../../lib/changeset/index.js";
import { type Cursor, from } from "../../lib/query/index.js";
import {
  type Bulk,
  Multi,
  type MultiResult,
  type Page,
  type Repo,
  type Versioned,
  type WriteResult,
} from "../../lib/repo/index.js";
import { build } from "../../lib/schema/index.js";
import type { Tenant } from "../../lib/tenant/index.js";
import { Organisation, Post, Remark, User } from "./catalog.js";
import { type Equals, ok } from "./equals.js";

declare const repo: Repo;
declare const tenant: Tenant;
declare const user: User;
declare const params: unknown;
declare const postId: Remark["postId"];

// ---- reads

const got = await repo.get(User, "u1", { tenant });
ok<Equals<typeof got, User | null>>();
ok<Equals<Awaited<ReturnType<typeof getSome>>, User>>();
const getSome = () => repo.getOrThrow(User, "u1");
const by = await repo.getBy(from(User).select("age"), { name: "Ada" });
ok<Equals<typeof by, number | null>>();
const all = await repo.all(User, { tenant });
ok<Equals<typeof all, User[]>>();
const ids = await repo.all(from(User).select("id"));
ok<Equals<typeof ids, string[]>>();
const some = await repo.allBy(from(User).select(["id", "age"]), { role: "admin" });
ok<Equals<(typeof some)[number]["age"], number | null>>();
const page = await repo.page(from(User).select("name"), { limit: 3, after: null });
ok<Equals<typeof page, Page<string>>>();
const next: Cursor | null = page.next;
const rows = await repo.all(from(User).preload("posts.remarks"));
const body: string | undefined = rows[0]?.posts[0]?.remarks[0]?.body;
const oldest = await repo.aggregate(User, "max", "age");
ok<Equals<typeof oldest, number | null>>();
const visits = await repo.aggregate(from(User).where({ role: "admin" }), "sum", "visits");
ok<Equals<typeof visits, bigint | null>>();
const mean = await repo.aggregate(User, "avg", "age");
ok<Equals<typeof mean, number | null>>();
const plain = await repo.all(from("users"));
ok<Equals<(typeof plain)[number], Record<string, unknown>>>();
for await (const streamed of repo.stream(from(User).select("id"), { batch: 10 })) streamed.toUpperCase();

// @ts-expect-error not a schema
repo.get({}, "u1");
// @ts-expect-error no such field
repo.getBy(User, { nope: 1 });
// @ts-expect-error not a number
repo.allBy(User, { age: "1" });
// @ts-expect-error may be missing
got.name;
// @ts-expect-error was not selected
some[0]?.name;
// @ts-expect-error no such field
repo.aggregate(User, "sum", "nope");
// @ts-expect-error a relation has no sum
repo.aggregate(User, "sum", "posts");
// @ts-expect-error no such aggregate
repo.aggregate(User, "median", "age");
// @ts-expect-error a page has a size
repo.page(User, {});
// @ts-expect-error the cursor of a page, not any text
repo.page(User, { limit: 1, after: "x" });
// @ts-expect-error the tenant's handle, not its id
repo.all(User, { tenant: "acme" });
// @ts-expect-error no such option
repo.all(User, { limit: 1 });

// ---- preloads

const loaded = await repo.preload(user, "posts.author");
const author: string | undefined = loaded.posts[0]?.author.name;
const both = await repo.preload([user], ["posts", "organisation"]);
const title: string | undefined = both[0]?.posts[0]?.title;
const maybe = await repo.preload(got, "posts");
const count: number | undefined = maybe?.posts.length;
const same: User = loaded;

const byTree = await repo.preload([user], { posts: from(Post).limit(2), organisation: true });
const second: Post | undefined = byTree[0]?.posts[1];
const forced = await repo.preload(
  user,
  { posts: (_ids: readonly string[]) => [] as Post[] },
  { force: true },
);
const given: Post[] = forced.posts;
// @ts-expect-error no such relation
repo.preload(user, { nope: true });
// @ts-expect-error no such relation
repo.preload([user], { nope: true });
// @ts-expect-error rows of another schema
repo.preload([user], { posts: from(User) });
void [second, given];

// ---- results as values

const sold = await repo.transact(tenant, async (tx) =>
  (await tx.count(User)) > 0 ? tx.tryUpdate(change(user, { age: 3 })) : { ok: false, reason: "none" },
);
if (sold.ok) void sold.value.age;
else if ("changeset" in sold) void sold.changeset.errors;
else if ("reason" in sold) void sold.reason.length;
else void sold.error;
const counted = await repo.transact(tenant, (tx) => tx.count(User));
const number: number | undefined = counted.ok ? counted.value : undefined;
// @ts-expect-error may have failed
counted.value;
void number;

// @ts-expect-error no such relation
repo.preload(user, "nope");
// @ts-expect-error no such relation behind posts
repo.preload([user], ["posts.nope"]);
// @ts-expect-error a field is no relation
repo.preload(user, "name");
// @ts-expect-error was not preloaded
loaded.organisation?.name;
// @ts-expect-error may be missing
maybe.posts;
// @ts-expect-error the author's posts were not preloaded
loaded.posts[0]?.author.posts[0];

// ---- writes

const inserted = await repo.insert(
  User,
  { name: "Ada", organisation: build(Organisation, {}) },
  { onConflict: { replace: ["name"] } },
);
ok<Equals<typeof inserted, User>>();
// What is nested gets its foreign keys from what is around it.
await repo.insert(Organisation, { name: "Acme", users: [{ name: "Ada", posts: [{ title: "x" }] }] });
await repo.insertAll(Post, [{ title: "x", author: { name: "Ada", organisation: { name: "Acme" } } }]);
const tried = await repo.tryInsert(User, cast(User, params, ["name"]));
ok<Equals<typeof tried, WriteResult<User>>>();
if (!tried.ok) ok<Equals<typeof tried.changeset, Changeset<User>>>();
const bulk = await repo.insertAll(Post, [{ title: "x" }, change(Post, { title: "y" })], { batch: 10 });
ok<Equals<typeof bulk, Bulk<Post>>>();
await repo.updateAll(from(User).where({ role: "admin" }), (one) => ({ age: (one.age ?? 0) + 1 }));
const deleted = await repo.delete(user);
ok<Equals<typeof deleted, User>>();
const reloaded = await repo.reloadOrThrow([user]);
ok<Equals<typeof reloaded, User[]>>();
await repo.update(change(user, { name: "x" }), { staleErrorField: "name", staleErrorMessage: "is gone" });
await repo.update(change(user), { force: true, allowStale: true });
await repo.insert(
  User,
  { name: "Ada" },
  { onConflict: (stored, given) => ({ age: (stored.age ?? 0) + (given.age ?? 0) }) },
);
await repo.updateAll(User, { name: "x", inc: { age: 1 } }, { tenant });
const named = await repo.updateAll(User, { inc: { age: 1 } }, { returning: ["id", "age"] });
ok<Equals<(typeof named.records)[number], Pick<User, "id" | "age">>>();
const goneIds = await repo.deleteAll(User, { returning: "id" });
ok<Equals<typeof goneIds.records, readonly string[]>>();
const wholes = await repo.updateAll(User, { age: 1 }, { returning: true });
ok<Equals<(typeof wholes.records)[number], User>>();
const plainCount = await repo.deleteAll(User);
ok<Equals<typeof plainCount.count, number>>();
const titles = await repo.insertAll(Post, from(User), ({ name }) => ({ title: name }), {
  returning: "title",
});
ok<Equals<typeof titles, Bulk<string>>>();
await repo.insertAll(Post, from(User).select("name"), (name) => ({ title: name }));
const bytes = await repo.transactional(tenant, (tx) => tx.keys.get(["settings", 1]));
ok<Equals<typeof bytes, Uint8Array | null>>();

// @ts-expect-error a field of text has nothing to add to
repo.updateAll(User, { inc: { name: 1 } });
// @ts-expect-error not a list
repo.updateAll(User, { push: { age: 1 } });
// @ts-expect-error no such field
repo.updateAll(User, { age: 1 }, { returning: ["nope"] });
// @ts-expect-error without the option there are no records
plainCount.records;
// @ts-expect-error no such field
repo.insert(User, { name: "Ada" }, { onConflict: () => ({ nope: 1 }) });
// @ts-expect-error a delete has nothing to force
repo.delete(user, { force: true });
// @ts-expect-error an update of the row, not of text
repo.update(change(user), { force: "yes" });
// @ts-expect-error the rows have names, not titles
repo.insertAll(Post, from(User), ({ title }) => ({ title }));
// @ts-expect-error no operation of FoundationDB
repo.keys.atomic("plus", ["n"], new Uint8Array(8));

// @ts-expect-error the title is declared without null
repo.insert(Post, { authorId: "u1" });
// @ts-expect-error and is not null
repo.insert(Post, { authorId: "u1", title: null });
// @ts-expect-error of the second
repo.insertAll(Post, [{ title: "x" }, {}]);
// @ts-expect-error one level down
repo.insert(User, { posts: [{ title: "x", remarks: [{}] }] });
// @ts-expect-error as every insert
repo.tryInsert(Remark, { postId });
// @ts-expect-error of a Multi as well
new Multi().insert("a", Organisation, {});
repo.insert(Remark, { postId, body: "x" });
// @ts-expect-error no such field
repo.insert(User, { nope: 1 });
// @ts-expect-error not a string
repo.insert(User, { name: 1 });
// @ts-expect-error a changeset of another schema
repo.insert(User, change(Post, { title: "x" }));
// @ts-expect-error an organisation is wanted
repo.insert(User, { organisation: build(Post, {}) });
// @ts-expect-error a list of posts is wanted
repo.insert(User, { posts: { title: "x" } });
// @ts-expect-error no such field
repo.insert(User, {}, { onConflict: { replace: ["nope"] } });
// @ts-expect-error no such way
repo.insert(User, {}, { onConflict: "merge" });
repo.insert(User, {}, { onConflict: "replaceAll", conflictTarget: ["name"] });
// @ts-expect-error no such field
repo.insert(User, {}, { conflictTarget: ["nope"] });
// @ts-expect-error a record is no changeset
repo.update(user);
// @ts-expect-error no such field
repo.updateAll(User, { nope: 1 });
// @ts-expect-error not a number
repo.updateAll(from(User), { age: "1" });
// @ts-expect-error rows of fields cannot be changed
repo.updateAll(from(User).select("id"), { name: "x" });
// @ts-expect-error a failure has no value
tried.value;

// ---- transactions

const value = await repo.transactional(tenant, async (tx) => (await tx.get(User, "u1"))?.name);
ok<Equals<typeof value, string | undefined>>();
const versioned = await repo.transactional(tenant, () => 1, { returning: "version" });
ok<Equals<typeof versioned, Versioned<number>>>();

// @ts-expect-error no such option
repo.transactional(tenant, () => 1, { attempts: 3 });
// @ts-expect-error no such priority
repo.transactional(tenant, () => 1, { priority: "high" });
// @ts-expect-error the tenant's handle, not its id
repo.transactional("acme", () => 1);

// ---- Multi

const multi = new Multi()
  .insert("user", User, { name: "Ada" })
  .insert("post", Post, ({ user: { id } }) => ({ authorId: id, title: "x" }))
  .run("name", (_, { user: { name } }) => name)
  .get("again", User, ({ user: { id } }) => id)
  .all("posts", ({ user: { id } }) => from(Post).where({ authorId: id }).select("title"))
  .updateAll("changed", from(User), { age: 1 })
  .merge(({ post }) => new Multi().put("title", post.title))
  .append(new Multi().put("end", true));
const result = await repo.transactional(tenant, multi);
if (result.ok) {
  const { user: made, name, again, posts, changed, title: put, end } = result.value;
  ok<
    Equals<
      [typeof made, typeof name, typeof again, typeof posts],
      [User, string, User | null, readonly string[]]
    >
  >();
  ok<Equals<[typeof changed.count, typeof put, typeof end], [number, string, boolean]>>();
} else {
  const { failedOperation, changesSoFar } = result;
  ok<Equals<typeof failedOperation, string>>();
  ok<Equals<typeof changesSoFar.user, User | undefined>>();
}
const withVersion = await repo.transactional(tenant, new Multi().put("a", 1), { returning: "version" });
ok<Equals<typeof withVersion, Versioned<MultiResult<Record<never, never> & { readonly a: number }>>>>();
const never = () => Multi.fail("because");
ok<Equals<ReturnType<typeof never>, never>>();

// @ts-expect-error no such result
new Multi().run("a", (_, { nope }) => nope);
// @ts-expect-error a later result
new Multi().run("a", (_, { b }) => b).put("b", 1);
// @ts-expect-error no such field
new Multi().insert("a", User, { nope: 1 });
// @ts-expect-error no such field, of the results so far
new Multi().put("a", 1).insert("b", User, ({ a }) => ({ name: a }));
// @ts-expect-error a record is no changeset
new Multi().update("a", user);
// @ts-expect-error a query of another schema
new Multi().updateAll("a", from(Post), { age: 1 });
// @ts-expect-error not a Multi
new Multi().merge(() => 1);
// @ts-expect-error a failure has no value
result.value;

void [next, body, author, title, count, same];
