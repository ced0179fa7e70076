import { type Changeset, cast, change } from "../../lib/changeset/index.js";
import { build, type Preloaded } from "../../lib/schema/index.js";
import { Address, Organisation, Post, User } from "./catalog.js";
import { type Equals, ok } from "./equals.js";

declare const user: User;
declare const params: unknown;

// ---- permitted fields

const narrow = cast(user, params, ["name", "age"]);
ok<Equals<typeof narrow, Changeset<User, "name" | "age">>>();
ok<Equals<typeof narrow.changes, { readonly name?: string; readonly age?: number | null }>>();
ok<Equals<ReturnType<typeof User.changeset>, Changeset<User, "name" | "age">>>();
const wide: Changeset<User> = narrow;
const fromClass = cast(User, { name: "x" }, ["name"]);
ok<Equals<typeof fromClass, Changeset<User, "name">>>();
declare const either: User | typeof User;
ok<Equals<Changeset<User, "name">, ReturnType<typeof castEither>>>();
const castEither = () => cast(either, params, ["name"]);
const again = cast(narrow, params, ["tags"]);
ok<Equals<typeof again, Changeset<User, "name" | "age" | "tags">>>();
const name: string | undefined = narrow.getChange("name");
const field: Date = narrow.getField("insertedAt");
const put = narrow.putChange("visits", 1n);
ok<Equals<typeof put, Changeset<User, "name" | "age" | "visits">>>();
const changed = change(user, { name: "Ada", address: null });
ok<Equals<typeof changed, Changeset<User, "name" | "address">>>();

// @ts-expect-error no such field
cast(user, params, ["nope"]);
// @ts-expect-error a relation is not cast as a field
cast(user, params, ["posts"]);
// @ts-expect-error a method is not a field
cast(user, params, ["greeting"]);
// @ts-expect-error was not permitted
narrow.getChange("insertedAt");
// @ts-expect-error was not permitted
narrow.validateRequired(["tags"]);
// @ts-expect-error was not permitted
narrow.updateChange("role", (role) => role);
// @ts-expect-error not a bigint
narrow.putChange("visits", 1);
// @ts-expect-error no such field
change(user, { nope: 1 });
// @ts-expect-error not a string
change(user, { name: 1 });

// ---- rules

narrow
  .validateRequired("name")
  .validateRequired(["name", "posts"])
  .validateLength("name", { max: 100 })
  .validateLength("tags", { max: 3 })
  .validateLength("posts", { max: 3 })
  .validateNumber("age", { greaterThan: 0 })
  .validateNumber("visits", { greaterThan: 0n })
  .validateFormat("name", /^\w+$/)
  .validateInclusion("role", ["admin"])
  .validateExclusion("name", ["root"])
  .validateSubset("tags", ["a", "b"])
  .validateAcceptance("terms")
  .validateConfirmation("name")
  .validateChange("name", (field, value) => (value === "x" ? `${field} is taken` : null))
  .validateSchema({ groups: ["sign-up"] })
  .uniqueConstraint(["name", "organisationId"])
  .foreignKeyConstraint("organisationId", { target: () => Organisation })
  .assocConstraint("organisation")
  .noAssocConstraint("posts")
  .checkConstraint("visits", { check: (record) => record.visits >= 0n })
  .optimisticLock("visits", (now) => now + 1n)
  .addError("base", "is odd")
  .pipe((changeset) => changeset.getChange("age"));

// @ts-expect-error a list has no bounds
narrow.validateNumber("tags", {});
narrow.validateNumber("balance", { greaterThan: "0.005", lessThanOrEqualTo: 10n, notEqualTo: 3 });
// @ts-expect-error a number has no length
narrow.validateLength("age", { max: 1 });
// @ts-expect-error a number has no format
narrow.validateFormat("age", /x/);
// @ts-expect-error not a role
narrow.validateInclusion("role", ["guest"]);
// @ts-expect-error not a list
narrow.validateSubset("name", ["a"]);
// @ts-expect-error a field is not a relation
narrow.assocConstraint("name");
// @ts-expect-error the lock of a bigint counts bigints
narrow.optimisticLock("visits", () => 1);

// ---- relations and embeds

narrow
  .castAssoc("posts", { with: (post, entry) => cast(post, entry, ["title"]) })
  .putAssoc("posts", [build(Post, { title: "x" }), { title: "y" }, change(Post, { title: "z" })])
  .putAssoc("organisation", null)
  .castEmbed("address", { with: (address, entry) => cast(address, entry, ["street"]) })
  .castEmbed("places", { with: (address, entry) => cast(address, entry, ["street"]) })
  .putEmbed("places", [build(Address, { street: "x" }), { street: "y" }]);

const posts = narrow.getAssoc("posts");
ok<Equals<typeof posts, Post[]>>();
const organisation = narrow.getAssoc("organisation", "changeset");
ok<Equals<typeof organisation, Changeset<Organisation> | null>>();
const places = narrow.getEmbed("places");
ok<Equals<typeof places, Address[]>>();
const address = narrow.getEmbed("address", "changeset");
ok<Equals<typeof address, Changeset<Address> | null>>();

// @ts-expect-error a field is no relation
narrow.getAssoc("name");
// @ts-expect-error not a relation
narrow.castAssoc("name");
narrow.putAssoc("posts", [{ title: "x", remarks: [{ body: "y" }] }]);
// @ts-expect-error no such field, one level down
narrow.putAssoc("posts", [{ remarks: [{ nope: "y" }] }]);
// @ts-expect-error another class
narrow.putAssoc("organisation", build(Post, {}));

// ---- results and prepared work

const result = narrow.applyAction("insert");
if (result.ok) ok<Equals<typeof result.value, User>>();
else ok<Equals<typeof result.changeset, Changeset<User, "name" | "age">>>();
interface SomeRepo {
  count(): Promise<number>;
}
narrow.prepareChanges(async (changeset, repo: SomeRepo) => changeset.putChange("age", await repo.count()));

// ---- a preloaded row is a row

declare const row: Preloaded<User, "posts" | "organisation">;
const ofRow = cast(row, params, ["name"]).validateRequired("name").castAssoc("posts");
const again2: Changeset<User, "name" | "age"> = User.changeset(row, params);

// ---- without a schema

const search = cast({ data: {}, types: { text: "string", limit: "integer" } }, params, ["text", "limit"]);
const text: string | null | undefined = search.validateNumber("limit", { lessThan: 100 }).getChange("text");
// @ts-expect-error not among the types
cast({ data: {}, types: { text: "string" } }, params, ["limit"]);
// @ts-expect-error not a string
cast({ data: { text: 1 }, types: { text: "string" } }, params, ["text"]);

void [wide, name, field, text, ofRow, again2];
