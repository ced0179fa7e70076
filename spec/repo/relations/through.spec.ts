import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  BelongsTo,
  build,
  ChangesetError,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  HasOne,
  index,
  Migration,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  SchemaError,
  schemaOf,
  Tenant,
  UnsupportedQueryError,
} from "../../../lib/index.js";

@Schema("posts")
class Post {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare authorId: number | null;
  @BelongsTo(() => Author, "authorId") declare author: BelongsTo<Author> | null;
  @HasMany(() => PostTag, "postId", { onReplace: "delete" }) declare postTags: HasMany<PostTag>;
  @HasMany(() => Tag, { through: ["postTags", "tag"] }) declare tags: HasMany<Tag>;
  @HasMany(() => Group, { through: ["tags", "group"] }) declare groups: HasMany<Group>;
  @HasOne(() => Tag, { through: ["postTags", "tag"] }) declare firstTag: HasOne<Tag> | null;
  @HasOne(() => Country, { through: ["author", "country"] }) declare country: HasOne<Country> | null;
  @HasMany(() => Post, { through: ["author", "posts"] }) declare siblings: HasMany<Post>;
}

@Schema("post_tags")
class PostTag {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare postId: number | null;
  @Field("id") declare tagId: number | null;
  @Field("integer") declare place: number | null;
  @BelongsTo(() => Post, "postId") declare post: BelongsTo<Post> | null;
  @BelongsTo(() => Tag, "tagId") declare tag: BelongsTo<Tag> | null;
}

@Schema("tags")
class Tag {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare name: string | null;
  @Field("id") declare groupId: number | null;
  @BelongsTo(() => Group, "groupId") declare group: BelongsTo<Group> | null;
  @HasMany(() => PostTag, "tagId") declare postTags: HasMany<PostTag>;
  @HasMany(() => Post, { through: ["postTags", "post"] }) declare posts: HasMany<Post>;
}

@Schema("groups")
class Group {
  @PrimaryKey("id") declare id: number;
  @HasMany(() => Tag, "groupId") declare tags: HasMany<Tag>;
  @HasMany(() => Post, { through: ["tags", "posts"] }) declare posts: HasMany<Post>;
}

@Schema("authors")
class Author {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare countryId: number | null;
  @BelongsTo(() => Country, "countryId") declare country: BelongsTo<Country> | null;
  @HasMany(() => Post, "authorId") declare posts: HasMany<Post>;
}

@Schema("countries")
class Country {
  @PrimaryKey("id") declare id: number;
  @HasMany(() => Author, "countryId") declare authors: HasMany<Author>;
  @HasMany(() => Post, { through: ["authors", "posts"] }) declare posts: HasMany<Post>;
  @HasMany(() => Tag, { through: ["posts", "tags"] }) declare tags: HasMany<Tag>;
}

class Blog extends Migration {
  change() {
    return [
      create(index(PostTag, ["postId", "place"])),
      create(index(PostTag, ["tagId"])),
      create(index(Tag, ["groupId"])),
      create(index(Post, ["authorId"])),
      create(index(Author, ["countryId"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "through", migrations: [[1, Blog]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "t");
  const at = { tenant };
  await repo.insertAll(Country, [{ id: 1 }, { id: 2 }], at);
  await repo.insertAll(
    Author,
    [
      { id: 1, countryId: 1 },
      { id: 2, countryId: 1 },
      { id: 3, countryId: null },
    ],
    at,
  );
  await repo.insertAll(
    Post,
    [
      { id: 1, authorId: 1 },
      { id: 2, authorId: 1 },
      { id: 3, authorId: 2 },
      { id: 4, authorId: 3 },
      { id: 5, authorId: null },
    ],
    at,
  );
  await repo.insertAll(Group, [{ id: 1 }, { id: 2 }], at);
  await repo.insertAll(
    Tag,
    [
      { id: 1, name: "a", groupId: 2 },
      { id: 2, name: "b", groupId: 1 },
      { id: 3, name: "c", groupId: 2 },
    ],
    at,
  );
  const joins = [
    [1, 3, 1],
    [1, 1, 2],
    [1, 3, 3],
    [1, 99, 4],
    [2, 2, 1],
    [3, 1, 1],
    [3, null, 2],
    [4, 2, 1],
  ] as const;
  await repo.insertAll(
    PostTag,
    joins.map(([postId, tagId, place], i) => ({ id: i, postId, tagId, place })),
    at,
  );
});
afterAll(() => repo.close());

const idsOf = (rows: readonly { readonly id: number }[]) => rows.map(({ id }) => id);

describe("a way along other relations", () => {
  test("is read in its order, each record once", async () => {
    const posts = await repo.all(from(Post).orderBy("id").preload("tags", "firstTag"), { tenant });
    expect(posts.map(({ tags }) => idsOf(tags))).toEqual([[3, 1], [2], [1], [2], []]);
    expect(posts.map(({ firstTag }) => firstTag?.id ?? null)).toEqual([3, 2, 1, 2, null]);
  });

  test("leads through parents, lists and other ways", async () => {
    const posts = await repo.all(from(Post).orderBy("id").preload("groups", "country", "siblings"), {
      tenant,
    });
    expect(posts.map(({ groups }) => idsOf(groups))).toEqual([[2], [1], [2], [1], []]);
    expect(posts.map(({ country }) => country?.id ?? null)).toEqual([1, 1, 1, null, null]);
    expect(posts.map(({ siblings }) => idsOf(siblings))).toEqual([[1, 2], [1, 2], [3], [4], []]);
    const [one, two] = await repo.all(from(Country).orderBy("id").preload("tags", "posts"), { tenant });
    expect(idsOf(one!.posts)).toEqual([1, 2, 3]);
    expect(idsOf(one!.tags)).toEqual([3, 1, 2]);
    expect(two).toMatchObject({ posts: [], tags: [] });
    const group = await repo.preload(await repo.getOrThrow(Group, 2, { tenant }), "posts");
    expect(idsOf(group.posts).sort()).toEqual([1, 3]);
  });

  test("has paths before and behind it, and shows nothing of what lies on it", async () => {
    const author = await repo.preload(await repo.getOrThrow(Author, 1, { tenant }), "posts.tags.posts");
    const [first] = author.posts;
    expect(idsOf(first!.tags)).toEqual([3, 1]);
    expect(idsOf(first!.tags[1]!.posts).sort()).toEqual([1, 3]);
    expect(Object.keys(first!)).not.toContain("postTags");
  });

  test("is read for records that are there more than once, and for new ones", async () => {
    const post = await repo.getOrThrow(Post, 1, { tenant });
    const [a, b] = await repo.preload([post, post], "tags");
    expect(a!.tags).toEqual(b!.tags);
    expect(a!.tags).not.toBe(b!.tags);
    const fresh = await repo.preload(build(Post, { id: 77 }), "tags", { tenant });
    expect(fresh.tags).toEqual([]);
  });

  test("sees the writes of its transaction", async () => {
    await repo.transactional(tenant, async () => {
      const post = await repo.getOrThrow(Post, 5);
      await repo.insert(PostTag, { id: 50, postId: 5, tag: { id: 9, name: "new" } });
      expect(idsOf((await repo.preload(post, "tags")).tags)).toEqual([9]);
    });
  });

  test("is refused where no index serves a step", async () => {
    @Schema("shelves")
    class Shelf {
      @PrimaryKey("id") declare id: number;
      @HasMany(() => Book, "shelfId") declare books: HasMany<Book>;
      @HasMany(() => Post, { through: ["books", "post"] }) declare posts: HasMany<Post>;
    }
    @Schema("books")
    class Book {
      @PrimaryKey("id") declare id: number;
      @Field("id") declare shelfId: number | null;
      @Field("id") declare postId: number | null;
      @BelongsTo(() => Post, "postId") declare post: BelongsTo<Post> | null;
    }
    const shelf = await repo.insert(Shelf, { id: 1 }, { tenant });
    await expect(repo.preload(shelf, "posts")).rejects.toThrow(UnsupportedQueryError);
    await expect(repo.preload(shelf, "posts")).rejects.toThrow('create(index(Book, ["shelfId"]))');
  });
});

describe("it is for reading only", () => {
  const loaded = async () => repo.preload(await repo.getOrThrow(Post, 1, { tenant }), ["tags", "postTags"]);

  test("changes name the relation to change", async () => {
    const post = await loaded();
    const refusals = [
      () => change(post).putAssoc("tags", []),
      () => cast(post, { tags: [] }, []).castAssoc("tags"),
      () => change(Post).putAssoc("tags", [{ id: 5 }]),
      () => change(post).noAssocConstraint("tags"),
    ];
    for (const refused of refusals) {
      expect(refused).toThrow(ChangesetError);
      expect(refused).toThrow("postTags");
    }
    expect(idsOf(change(post).getAssoc("tags"))).toEqual([3, 1]);
    // A relation that was not read has records that nobody knows; that of a new record has none.
    const unread = await repo.getOrThrow(Post, post.id, { tenant });
    for (const as of ["record", "changeset"] as const)
      expect(() => change(unread).getAssoc("tags", as)).toThrow('repo.preload(record, "tags")');
    expect(change(build(Post, { id: 70 })).getAssoc("tags")).toEqual([]);
  });

  test("new records are not given through it, on any level", async () => {
    const set = Object.assign(build(Post, { id: 60 }), { tags: [{ id: 61 }] });
    const inserts = [
      () => repo.insert(Post, { id: 60, tags: [{ id: 61 }] }, { tenant }),
      () => repo.insert(Author, { id: 60, posts: [{ id: 60, tags: [{ id: 61 }] }] }, { tenant }),
      () => repo.insert(set, { tenant }),
      () => repo.insertAll(Post, [{ id: 60, tags: [] }], { tenant }),
    ];
    for (const insert of inserts) {
      await expect((async () => insert())()).rejects.toThrow(PlinthError);
      await expect((async () => insert())()).rejects.toThrow("postTags");
    }
    expect(await repo.count(Post, { tenant })).toBe(5);
  });

  test("what an update returns shows none of it that may have changed", async () => {
    const post = await loaded();
    const plain = await repo.update(change(post, { authorId: 2 }));
    expect(idsOf((plain as typeof post).tags)).toEqual([3, 1]);
    const updated = await repo.update(change(post).putAssoc("postTags", []));
    expect(JSON.parse(JSON.stringify(updated))).toEqual({ id: 1, authorId: 1, postTags: [] });
    expect(idsOf((await repo.preload(updated, "tags")).tags)).toEqual([]);
    const other = await repo.preload(await repo.getOrThrow(Post, 2, { tenant }), ["country", "siblings"]);
    const moved = await repo.update(change(other, { authorId: 3 }));
    expect(Object.keys(moved)).not.toContain("country");
    expect(Object.keys(moved)).not.toContain("siblings");
  });
});

describe("what does not lead there is refused", () => {
  const define = (decorate: unknown) => () => {
    class Sample {}
    (decorate as PropertyDecorator)(Sample.prototype, "related");
  };
  const many = HasMany as unknown as (...args: unknown[]) => unknown;
  const wrong: [string, unknown, RegExp][] = [
    ["no list", many(() => Tag, { through: "postTags" }), /list of two or more/],
    ["one step", many(() => Tag, { through: ["postTags"] }), /list of two or more/],
    ["no names", many(() => Tag, { through: ["postTags", 1] }), /list of two or more/],
    ["a class", many(() => Tag, { through: PostTag }), /ManyToMany/],
    ["nothing", many(() => Tag, {}), /list of two or more/],
    ["a key as well", many(() => Tag, "tagId", { through: ["postTags", "tag"] }), /both a foreign key and/],
    [
      "another option",
      many(() => Tag, { through: ["a", "b"], onDelete: "deleteAll" }),
      /no option "onDelete"/,
    ],
  ];
  test.each(wrong)("%s", (_what, decorate, message) => {
    expect(define(decorate)).toThrow(SchemaError);
    expect(define(decorate)).toThrow(message);
  });

  test("a first step that the class does not have, while it is defined", () => {
    expect(() => {
      @Schema("samples")
      class Sample {
        @PrimaryKey("id") declare id: number;
        @HasMany(() => PostTag, "postId") declare postTags: HasMany<PostTag>;
        @(many(() => Tag, { through: ["postTag", "tag"] }) as PropertyDecorator) declare tags: HasMany<Tag>;
      }
      return Sample;
    }).toThrow(/Sample.tags goes through "postTag".*Did you mean "postTags"/s);
  });

  test("a later step, another end, and a way through itself, when it is first followed", () => {
    @Schema("samples")
    class Sample {
      @PrimaryKey("id") declare id: number;
      @HasMany(() => PostTag, "postId") declare postTags: HasMany<PostTag>;
      @(many(() => Tag, { through: ["postTags", "tags"] }) as PropertyDecorator) declare step: HasMany<Tag>;
      @(many(() => Post, { through: ["postTags", "tag"] }) as PropertyDecorator) declare end: HasMany<Post>;
      @(many(() => Tag, { through: ["two", "group"] }) as PropertyDecorator) declare one: HasMany<Tag>;
      @(many(() => Tag, { through: ["one", "group"] }) as PropertyDecorator) declare two: HasMany<Tag>;
    }
    const target = (name: string) => () => schemaOf(Sample).association(name).target();
    expect(target("step")).toThrow(/no relation of PostTag.*"tag"/s);
    expect(target("end")).toThrow(/to Tag, and is declared as a relation to Post/);
    expect(target("one")).toThrow(SchemaError);
    expect(target("one")).toThrow(/through itself/);
    expect(() => from(Sample as never).preload("end" as never)).toThrow(SchemaError);
  });

  test("reflection tells the way", () => {
    expect(schemaOf(Post).association("tags")).toMatchObject({
      kind: "hasMany",
      cardinality: "many",
      through: ["postTags", "tag"],
      foreignKey: undefined,
      onDelete: "nothing",
    });
    expect(Object.isFrozen(schemaOf(Post).association("tags").through)).toBe(true);
  });
});
