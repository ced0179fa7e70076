import { assoc, from, or, type Query, type Where } from "../../lib/query/index.js";
import { isLoaded, resetFields } from "../../lib/schema/index.js";
import { Organisation, Post, User } from "./catalog.js";
import { type Equals, ok } from "./equals.js";

type RowOf<Q> = Q extends Query<infer _, infer Row> ? Row : never;

// ---- conditions and order

const found = from(User)
  .where({ name: { startsWith: "a" }, age: { gte: 1, lt: 5 }, role: "admin", visits: { in: [1n, 2n] } })
  .where({ organisationId: null, insertedAt: { lt: new Date() }, balance: { gt: "1.50" } })
  .orderBy("name")
  .orderBy({ insertedAt: "desc" })
  .orderBy(["name", { age: "asc" }])
  .limit(3);
ok<Equals<RowOf<typeof found>, User>>();

from(User)
  .where({ name: { ne: "a" }, age: { notIn: [1, null] }, tags: { ne: ["a"] } })
  .where({ or: [{ name: "a" }, { age: { gt: 3 }, or: [{ role: "admin" }, { visits: 1n }] }] })
  .where(or({ name: "a" }, or({ age: 1 }, { role: { ne: "admin" } })))
  .where(or(...[1, 2].map((age): Where<User> => ({ age }))));
// @ts-expect-error not a number
from(User).where({ age: { ne: "x" } });
// @ts-expect-error a list of numbers
from(User).where({ age: { notIn: 1 } });
// @ts-expect-error no such field in an alternative
from(User).where({ or: [{ name: "a" }, { nope: 1 }] });
// @ts-expect-error not a number in an alternative
from(User).where(or({ name: "a" }, { age: "x" }));
// @ts-expect-error alternatives are a list
from(User).where({ or: { name: "a" } });
// @ts-expect-error no such field
from(User).where({ nope: 1 });
// @ts-expect-error a relation is not a field
from(User).where({ posts: 1 });
// @ts-expect-error a method is not a field
from(User).where({ greeting: "x" });
// @ts-expect-error not a number
from(User).where({ age: "x" });
// @ts-expect-error no range over lists
from(User).where({ tags: { gte: ["a"] } });
// @ts-expect-error no prefix of a number
from(User).where({ age: { startsWith: "1" } });
// @ts-expect-error not a role
from(User).where({ role: "guest" });
// @ts-expect-error no such operator
from(User).where({ age: { above: 3 } });
// @ts-expect-error no such field
from(User).orderBy("nope");
// @ts-expect-error no such direction
from(User).orderBy({ name: "down" });

// ---- rows

const ids = from(User).select("id");
ok<Equals<RowOf<typeof ids>, string>>();
const parts = from(User).select(["id", "age"]);
ok<Equals<RowOf<typeof parts>["age"], number | null>>();
declare const part: RowOf<typeof parts>;
// @ts-expect-error was not selected
part.name;
// @ts-expect-error no such field
from(User).select("nope");
// @ts-expect-error a relation is not selected
from(User).select(["posts"]);

const renamed = from(User).select({ key: "id", years: "age" });
ok<Equals<RowOf<typeof renamed>, { readonly key: string; readonly years: number | null }>>();
const added = from(User).select(["id"]).addSelect({ years: "age" });
declare const more: RowOf<typeof added>;
const years: [string, number | null] = [more.id, more.years];
const some = from(User).selectRecord(["id", "age"]);
ok<Equals<RowOf<typeof some>, Pick<User, "id" | "age">>>();
ok<Equals<RowOf<ReturnType<typeof renamed.exclude<"select">>>, User>>();
ok<Equals<RowOf<ReturnType<typeof ids.exclude<"limit">>>, string>>();
from(User)
  .orderBy({ age: { direction: "desc", nulls: "first" } })
  .first("name")
  .distinct(["name", "age"]);
from(User).limit(3, { withTies: true });
// @ts-expect-error no such field
from(User).select({ key: "nope" });
// @ts-expect-error no such field
from(User).addSelect(["nope"]);
// @ts-expect-error no such part
from(User).exclude("order");
// @ts-expect-error nulls are first or last
from(User).orderBy({ age: { nulls: "end" } });
// @ts-expect-error no such option
from(User).limit(3, { ties: true });

const loaded = from(User).preload("posts.remarks", "organisation");
declare const row: RowOf<typeof loaded>;
const body: string | undefined = row.posts[0]?.remarks[0]?.body;
const posts: Post[] = row.posts;
const record: User = row;
const name: string | undefined = row.organisation?.name;
// @ts-expect-error no such relation
from(User).preload("nope");
// @ts-expect-error no such relation behind posts
from(User).preload("posts.nope");
// @ts-expect-error a field is no relation
from(User).preload("name");
// @ts-expect-error was not preloaded
row.pinned?.title;
// @ts-expect-error four relations are too many
from(Organisation).preload("users.posts.author.posts");

void [body, posts, record, name, years];

// ---- preloads by trees

const tree = from(User).preload({
  posts: from(Post).limit(3).preload("remarks"),
  organisation: true,
  pinned: from(Post).where({ title: "x" }),
});
declare const treed: RowOf<typeof tree>;
const treeBody: string | undefined = treed.posts[0]?.remarks[0]?.body;
const treeOrganisation: string | undefined = treed.organisation?.name;
// @ts-expect-error a query may find none
treed.pinned.title;
const nested = from(User).preload({ posts: { remarks: true }, pinned: "remarks" });
declare const nestedRow: RowOf<typeof nested>;
const nestedBody: string | undefined =
  nestedRow.posts[0]?.remarks[0]?.body ?? nestedRow.pinned?.remarks[0]?.body;
// @ts-expect-error no such relation
from(User).preload({ nope: true });
// @ts-expect-error no such relation behind posts
from(User).preload({ posts: { nope: true } });
// @ts-expect-error rows of another schema
from(User).preload({ posts: from(User) });
// @ts-expect-error fields are no records
from(User).preload({ posts: from(Post).select("title") });

declare const user: User;
const posts2 = assoc(user, "posts").where({ title: "x" });
declare const related: RowOf<typeof posts2>;
const relatedTitle: string = related.title;
if (isLoaded(user, "posts")) void user.posts.length;
const reset: User = resetFields(user, ["posts", "name"]);
// @ts-expect-error a field is no relation
isLoaded(user, "name");
// @ts-expect-error a field is no relation
assoc(user, "name");
// @ts-expect-error neither field nor relation
resetFields(user, ["nope"]);

void [treeBody, treeOrganisation, nestedBody, relatedTitle, reset];
