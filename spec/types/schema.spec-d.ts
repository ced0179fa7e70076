import {
  type AssocKey,
  type Attrs,
  BelongsTo,
  build,
  type EmbedsMany,
  EmbedsOne,
  enumOf,
  Field,
  type FieldKey,
  type FieldType,
  HasMany,
  HasOne,
  InsertedAt,
  type KeyOfType,
  ManyToMany,
  OptionalFields,
  type Preloaded,
  type PreloadPath,
  PrimaryKey,
  type RequiredKey,
  schemaOf,
} from "../../lib/schema/index.js";
import { Address, Label, Organisation, Post, type Remark, User, UserLabel } from "./catalog.js";
import { type Equals, ok } from "./equals.js";

// ---- keys

ok<Equals<FieldKey<Organisation>, "id" | "name">>();
ok<Equals<AssocKey<User>, "organisation" | "posts" | "pinned">>();
ok<Equals<AssocKey<Remark>, never>>();
ok<Equals<KeyOfType<User, number | bigint>, "age" | "visits">>();
ok<Equals<PreloadPath<Remark>, never>>();
ok<Equals<Extract<PreloadPath<Post>, `remarks${string}`>, "remarks">>();
const deep: PreloadPath<Organisation> = "users.posts.remarks";
// @ts-expect-error no such relation behind posts
const wrong: PreloadPath<Organisation> = "users.posts.nope";

// ---- decorators that do not fit their property

class Misfits {
  // @ts-expect-error a string type on a number
  @Field("string") declare a: number;
  // @ts-expect-error an integer type on a bigint
  @Field("integer") declare b: bigint;
  // @ts-expect-error days are text
  @Field("date") declare c: Date;
  // @ts-expect-error the default is not a number
  @Field("integer", { default: "x" }) declare d: number;
  // @ts-expect-error a list of another type
  @Field({ array: "string" }) declare e: number[];
  // @ts-expect-error a name that is not in the enum
  @Field(enumOf("a", "b")) declare f: "a" | "c";
  // @ts-expect-error the enum has names that the property has not
  @Field(enumOf("a", "b")) declare g: "a";
  // @ts-expect-error the type of a nullable property cannot be inferred
  @Field() declare h: string | null;
  // @ts-expect-error nor that of a list
  @Field() declare i: string[];
  // @ts-expect-error there is no such type
  @Field("text") declare j: string;
  // @ts-expect-error timestamps are dates
  @InsertedAt() declare k: string;
  // @ts-expect-error not a key that is a number
  @PrimaryKey("binary_id") declare l: number;
  // @ts-expect-error there is no version 1
  @PrimaryKey("uuid", { autogenerate: "v1" }) declare v: string;
  @PrimaryKey("uuid", { autogenerate: "v4" }) declare w: string;
  // @ts-expect-error no such choice
  @Field("string", { writable: "once" }) declare x: string;
  @Field("string", { writable: "insert", onViolation: "warn" }) declare y: string;
  // @ts-expect-error a belongsTo declared as a hasMany
  @BelongsTo(() => User, "userId") declare m: HasMany<User>;
  // @ts-expect-error a relation to another class
  @HasMany(() => Post, "authorId") declare n: HasMany<User>;
  // @ts-expect-error the foreign key is no field of Post
  @HasMany(() => Post, "userId") declare o: HasMany<Post>;
  // @ts-expect-error the foreign key is no field of this class
  @BelongsTo(() => User, "missingId") declare p: BelongsTo<User>;
  // @ts-expect-error an embed of another class
  @EmbedsOne(() => Address) declare q: User | null;
  // @ts-expect-error a custom type loads something else
  @Field(money) declare r: string;

  // @ts-expect-error required, and may be null
  @Field("string", { required: true }) declare s: string | null;
  // @ts-expect-error not required, and may not be null
  @Field({ array: "string" }, { required: false }) declare t: string[];

  @Field("string", { required: true }) declare stated: string;
  @Field("json", { required: false }) declare open: { readonly a: 1 } | null;
  @Field("string") declare narrowed: "x" | "y";
  @Field({ array: "integer" }) declare frozen: readonly number[];
  @Field(money) declare price: { readonly cents: number } | null;
  @Field("string") declare userId: string | null;
  @BelongsTo(() => User, "userId") declare user: BelongsTo<User> | null;
  @HasOne(() => Post, "authorId") declare post: HasOne<Post> | null;
}

class Relations {
  @Field("string") declare labelId: string;
  // @ts-expect-error a key that cannot be null is not let go
  @HasMany(() => UserLabel, "userId", { onDelete: "nilifyAll" }) declare a: HasMany<UserLabel>;
  // @ts-expect-error nor that of a hasOne
  @HasOne(() => UserLabel, "userId", { onDelete: "nilifyAll" }) declare b: HasOne<UserLabel>;
  // @ts-expect-error no such value
  @HasMany(() => UserLabel, "labelId", { onDelete: "cascade" }) declare c: HasMany<UserLabel>;
  // @ts-expect-error no such option
  @HasMany(() => UserLabel, "labelId", { ondelete: "deleteAll" }) declare d: HasMany<UserLabel>;
  // @ts-expect-error a parent is not deleted with its child
  @BelongsTo(() => Label, "labelId", { onDelete: "deleteAll" }) declare e: BelongsTo<Label>;
  // @ts-expect-error no such relation of the class on the way
  @HasMany(() => User, { through: ["labels", "owner"] }) declare f: HasMany<User>;
  // @ts-expect-error no such first relation
  @HasMany(() => User, { through: ["nope", "user"] }) declare g: HasMany<User>;
  // @ts-expect-error the way ends at another class
  @HasMany(() => User, { through: ["labels", "label"] }) declare h: HasMany<User>;
  // @ts-expect-error a way has two relations
  @HasMany(() => UserLabel, { through: ["labels"] }) declare i: HasMany<UserLabel>;
  // @ts-expect-error a hasMany is declared as one
  @HasMany(() => User, { through: ["labels", "user"] }) declare j: HasOne<User>;
  // @ts-expect-error declared as a hasMany
  @ManyToMany(() => User, { through: () => UserLabel }) declare k: HasMany<User>;
  // @ts-expect-error a relation to another class
  @ManyToMany(() => User, { through: () => UserLabel }) declare l: ManyToMany<Label>;
  // @ts-expect-error nothing in between
  @ManyToMany(() => User, {}) declare m: ManyToMany<User>;
  // @ts-expect-error the records on the other side have no key of this one
  @ManyToMany(() => User, { through: () => UserLabel, onDelete: "nilifyAll" }) declare n: ManyToMany<User>;
  // @ts-expect-error no such field of the schema in between
  @ManyToMany(() => User, { through: () => UserLabel, joinKeys: ["labelId", "nope"] })
  declare o: ManyToMany<User>;

  @HasMany(() => UserLabel, "labelId", { onDelete: "nilifyAll", onReplace: "delete" })
  declare labels: HasMany<UserLabel>;
  @HasMany(() => UserLabel, "userId", { onDelete: "deleteAll" }) declare p: HasMany<UserLabel>;
  @HasMany(() => User, { through: ["labels", "user"] }) declare q: HasMany<User>;
  @HasMany(() => Organisation, { through: ["q", "organisation"] }) declare r: HasMany<Organisation>;
  @ManyToMany(() => User, { through: UserLabel, joinKeys: ["labelId", "userId"], onReplace: "delete" })
  declare s: ManyToMany<User>;
}

class KeysOfSeveral {
  @Field("string") declare orgId: string;
  @Field("integer") declare userId: number | null;
  @BelongsTo(() => UserLabel, ["orgId", "userId"]) declare a: BelongsTo<UserLabel>;
  // @ts-expect-error one of them is no field of this class
  @BelongsTo(() => UserLabel, ["orgId", "nope"]) declare b: BelongsTo<UserLabel>;
  @HasMany(() => UserLabel, ["userId", "labelId"], { onDelete: "nilifyAll" })
  declare c: HasMany<UserLabel>;
  // @ts-expect-error one of them is no field of the related class
  @HasMany(() => UserLabel, ["userId", "nope"]) declare d: HasMany<UserLabel>;
  @BelongsTo(() => User, "orgId", { references: "name" }) declare e: BelongsTo<User>;
  // @ts-expect-error no field of the related class
  @BelongsTo(() => User, "orgId", { references: "nope" }) declare f: BelongsTo<User>;
}

declare const money: FieldType<{ readonly cents: number }>;

// ---- records

const user = build(User, { name: "Ada", organisation: build(Organisation, { name: "Plinth" }) });
ok<Equals<typeof user, User>>();
ok<
  Equals<
    ReturnType<typeof schemaOf<User>>["schema"],
    typeof User extends never ? never : ReturnType<typeof schemaOf<User>>["schema"]
  >
>();
const attrs: Attrs<User> = { name: undefined, address: null };
// @ts-expect-error not a field
build(User, { nope: 1 });
// @ts-expect-error not a string
build(User, { name: 1 });
build(User, { posts: [{ title: "x", remarks: [{ body: "y" }] }, build(Post, {})] });
build(Post, { title: "x", author: { name: "Ada", organisation: { name: "Acme" } } });
// @ts-expect-error an organisation is wanted
build(User, { organisation: build(Post, {}) });
// @ts-expect-error no such field of a new related record
build(User, { posts: [{ title: "x", nope: 1 }] });
// @ts-expect-error not a string, two levels down
build(Organisation, { users: [{ posts: [{ title: 1 }] }] });

// @ts-expect-error a relation that was not loaded
user.posts[0];
// @ts-expect-error a relation that was not loaded
user.organisation?.name;

declare const row: Preloaded<User, "posts.remarks" | "organisation">;
const remark: string | undefined = row.posts[0]?.remarks[0]?.body;
const organisation: string | undefined = row.organisation?.name;
const stillRecord: User = row;
const method: string = row.greeting();
// @ts-expect-error posts are loaded, their authors are not
row.posts[0]?.author.name;
// @ts-expect-error the organisation may be missing
row.organisation.name;

build(Label, { name: "x", users: [user, { name: "Ada", posts: [{ title: "y" }] }] });
// @ts-expect-error a user is wanted
build(Label, { users: [build(Post, {})] });
declare const label: Label;
// @ts-expect-error a relation that was not loaded
label.users[0];
declare const labelled: Preloaded<Label, "users.organisation" | "organisations.users" | "first">;
const labels: [string | undefined, string | undefined, string | undefined] = [
  labelled.users[0]?.organisation?.name,
  labelled.organisations[0]?.users[0]?.name,
  labelled.first?.name,
];
// @ts-expect-error there may be none
labelled.first.name;
ok<
  Equals<Extract<PreloadPath<Label>, `users.org${string}`>, "users.organisation" | "users.organisation.users">
>();

// ---- what a preload may find missing

class Talk {
  declare id: string;
  declare hallId: string;
  declare speakerId: string | null;
  declare chairKey: string;
  declare hall: BelongsTo<Organisation>;
  declare speaker: BelongsTo<User>;
  declare chair: BelongsTo<User>;
  declare slides: HasOne<Post>;
  declare questions: HasMany<Remark>;
}
declare const talk: Preloaded<Talk, "hall" | "speaker.pinned" | "chair" | "slides" | "questions">;
const hall: string = talk.hall.name;
const questions: Remark[] = talk.questions;
const stillTalk: Talk = talk;
// @ts-expect-error its key may be null
talk.speaker.name;
// @ts-expect-error one level down, there may be none
talk.speaker?.pinned.title;
// @ts-expect-error its key has another name, of which nothing is known
talk.chair.name;
// @ts-expect-error there may be none
talk.slides.title;

// ---- what an insert cannot leave out

class Plain {
  declare id: string;
  declare name: string;
  declare size: number;
  declare at: Date;
  declare meta: { readonly theme: string };
  declare tags: string[];
  declare open: boolean;
  declare state: "a" | "b";
  declare place: Address;
  declare places: EmbedsMany<Address>;
  declare note: string | null;
  declare hallId: string;
  declare hall: BelongsTo<Organisation>;
  declare insertedAt: Date;
  get label(): string {
    return this.name;
  }
  greeting(): string {
    return this.label;
  }
}
ok<Equals<RequiredKey<Plain>, "name" | "at" | "meta" | "place">>();

class Listed {
  declare readonly [OptionalFields]?: "size" | "createdAt";
  declare id: string;
  declare name: string;
  declare size: number;
  declare tags: string[];
  declare open: boolean;
  declare state: "a" | "b";
  declare note: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
}
ok<Equals<RequiredKey<Listed>, "name" | "tags" | "open" | "state">>();

void [hall, questions, stillTalk, KeysOfSeveral];
void [labels, Relations, deep, wrong, Misfits, attrs, remark, organisation, stillRecord, method];
