import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Max } from "class-validator";
import {
  BelongsTo,
  build,
  ChangeError,
  ChangesetError,
  cast,
  change,
  create,
  EngineError,
  Field,
  from,
  HasMany,
  InsertedAt,
  InvalidChangesetError,
  index,
  ManyToMany,
  Migration,
  MissingIndexError,
  metadata,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  SchemaError,
  StaleEntryError,
  schemaOf,
  Tenant,
} from "../../../lib/index.js";

@Schema("tags")
class Tag {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string;
  @ManyToMany(() => Post, { through: () => PostTag, onReplace: "delete" }) declare posts: ManyToMany<Post>;

  static changeset(tag: Tag, params: unknown = {}) {
    return cast(tag, params, ["name"]).validateRequired(["name"]);
  }
}

@Schema("post_tags")
class PostTag {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare postId: string;
  @Field("binary_id") declare tagId: string;
  @Field("integer", { default: 3 }) @Max(9) declare weight: number | null;
  @InsertedAt() declare insertedAt: Date;
  @BelongsTo(() => Post, "postId") declare post: BelongsTo<Post>;
  @BelongsTo(() => Tag, "tagId") declare tag: BelongsTo<Tag>;
  @HasMany(() => Vote, "postTagId", { onDelete: "deleteAll" }) declare votes: HasMany<Vote>;
}

@Schema("votes")
class Vote {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare postTagId: string | null;
}

@Schema("posts")
class Post {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare title: string | null;
  @Field("integer", { default: 1 }) declare version: number | null;
  @HasMany(() => PostTag, "postId", { onReplace: "delete" }) declare postTags: HasMany<PostTag>;
  @ManyToMany(() => Tag, { through: PostTag, onReplace: "delete", onDelete: "deleteAll" })
  declare tags: ManyToMany<Tag>;
  @ManyToMany(() => Tag, { through: PostTag }) declare strictTags: ManyToMany<Tag>;
  @ManyToMany(() => Tag, { through: PostTag, onReplace: "markAsInvalid" })
  declare markedTags: ManyToMany<Tag>;

  static changeset(post: Post, params: unknown = {}) {
    return cast(post, params, ["title"]).castAssoc("tags");
  }
}

@Schema("people")
class Person {
  @PrimaryKey("id") declare id: number;
  @ManyToMany(() => Person, {
    through: () => Follow,
    joinKeys: ["followerId", "followedId"],
    onReplace: "delete",
    onDelete: "deleteAll",
  })
  declare follows: ManyToMany<Person>;
  @ManyToMany(() => Person, {
    through: () => Follow,
    joinKeys: ["followedId", "followerId"],
    onReplace: "delete",
    onDelete: "deleteAll",
  })
  declare followers: ManyToMany<Person>;
}

@Schema("follows")
class Follow {
  @PrimaryKey("id", { partitionBy: "followerId" }) declare followedId: number;
  @Field("id") declare followerId: number;
}

class Blog extends Migration {
  change() {
    return [
      create(index(PostTag, ["postId", "tagId"], { unique: true })),
      create(index(PostTag, ["tagId"])),
      create(metadata(PostTag)),
      create(index(Vote, ["postTagId"])),
      create(index(Tag, ["name"], { unique: true })),
      create(index(Follow, ["followedId"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "many-to-many", migrations: [[1, Blog]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
const names = (tags: readonly Tag[]) => tags.map(({ name }) => name).sort();
const postOf = async (id: string) => repo.preload(await repo.getOrThrow(Post, id, { tenant }), "tags");
const tagsOf = async (id: string) => names((await postOf(id)).tags);
const counts = async () =>
  Promise.all([Post, PostTag, Tag].map((schema) => repo.count(schema as typeof Post, { tenant })));
const insertTags = async (...list: string[]) =>
  (
    await repo.insertAll(
      Tag,
      list.map((name) => ({ name })),
      { tenant },
    )
  ).records;

async function start() {
  const tags = await insertTags("a", "b", "c");
  const post = await repo.insert(Post, { title: "p", tags: [tags[0]!, tags[1]!] }, { tenant });
  return { tags, post: await postOf(post.id) };
}

describe("new records with those that they are joined with", () => {
  const ways: Record<string, (a: Tag) => Promise<unknown>> = {
    "of attributes": (a) => repo.insert(Post, { title: "p", tags: [a, { name: "n" }] }, { tenant }),
    "of built records": (a) =>
      repo.insert(build(Post, { title: "p", tags: [build(Tag, { name: "n" }), a] }), { tenant }),
    "by insertAll": (a) => repo.insertAll(Post, [{ title: "p", tags: [a, { name: "n" }] }], { tenant }),
    put: (a) => repo.insert(change(Post, { title: "p" }).putAssoc("tags", [a, { name: "n" }]), { tenant }),
    "put as changesets": (a) =>
      repo.insert(change(Post, { title: "p" }).putAssoc("tags", [change(a), change(Tag, { name: "n" })]), {
        tenant,
      }),
    "cast, and put": (a) =>
      repo.insert(
        cast(Post, { title: "p" }, ["title"]).putAssoc("tags", [Tag.changeset(build(Tag), { name: "n" }), a]),
        { tenant },
      ),
    "inside a transaction": (a) =>
      repo.transactional(tenant, () => repo.insert(Post, { title: "p", tags: [a, { name: "n" }] })),
    "by a function of prepareChanges": (a) =>
      repo.insert(
        change(Post, { title: "p" }).prepareChanges((changeset) =>
          changeset.putAssoc("tags", [a, { name: "n" }]),
        ),
        { tenant },
      ),
    "from the other side": (a) =>
      repo.transactional(tenant, async () => {
        const post = await repo.insert(Post, { title: "p", tags: [a] });
        await repo.insert(Tag, { name: "n", posts: [post] });
      }),
  };

  test.each(Object.entries(ways))("%s", async (_way, insert) => {
    const [a] = await insertTags("a");
    await insert(a!);
    expect(await counts()).toEqual([1, 2, 2]);
    const [post] = await repo.all(from(Post).preload("tags"), { tenant });
    expect(names(post!.tags)).toEqual(["a", "n"]);
    const joins = await repo.all(PostTag, { tenant });
    expect(joins).toMatchObject([{ weight: 3 }, { weight: 3 }]);
    expect(joins.every(({ insertedAt }) => insertedAt instanceof Date)).toBe(true);
    const both = await repo.preload(await repo.all(from(Tag).orderBy("name"), { tenant }), "posts.tags");
    expect(both.map(({ posts }) => posts.map((one) => names(one.tags)))).toEqual([
      [["a", "n"]],
      [["a", "n"]],
    ]);
  });

  test("on every level", async () => {
    const [a] = await insertTags("a");
    await repo.insert(
      Tag,
      { name: "top", posts: [{ title: "p", tags: [a!, { name: "n", posts: [{ title: "q" }] }] }] },
      { tenant },
    );
    expect(await counts()).toEqual([2, 4, 3]);
    const [top] = await repo.all(from(Tag).where({ name: "top" }).preload("posts.tags.posts"), { tenant });
    expect(names(top!.posts[0]!.tags)).toEqual(["a", "n", "top"]);
  });

  test("the record that is returned shows them, with keys", async () => {
    const [a] = await insertTags("a");
    const post = await repo.insert(Post, { tags: [{ name: "n" }, a!] }, { tenant });
    expect(json(post).tags).toMatchObject([{ id: expect.any(String), name: "n" }, { id: a!.id }]);
  });

  test("an attempt that is made again gives the same ids", async () => {
    const [a] = await insertTags("a");
    const seen: unknown[] = [];
    await repo.transactional(tenant, async () => {
      if (seen.length > 0) return;
      await repo.outside(async () => {
        let attempts = 0;
        const tag = change(Tag, { name: "n" }).prepareChanges((changeset) => {
          if (++attempts === 1) throw new EngineError(1020);
          return changeset;
        });
        await repo.insert(change(Post).putAssoc("tags", [a!, tag]), { tenant });
        seen.push(attempts);
      });
    });
    expect(seen).toEqual([2]);
    expect(await counts()).toEqual([1, 2, 2]);
  });
});

describe("a list that is put in the place of another", () => {
  test("adds and removes joins, and no records", async () => {
    const { tags, post } = await start();
    const [a, , c] = tags;
    const before = await repo.all(PostTag, { tenant });
    const updated = await repo.update(change(post).putAssoc("tags", [c!, a!, { name: "d" }]));
    expect((json(updated).tags as Tag[]).map(({ name }) => name)).toEqual(["c", "a", "d"]);
    expect(await tagsOf(post.id)).toEqual(["a", "c", "d"]);
    expect(await counts()).toEqual([1, 3, 4]);
    const kept = before.find(({ tagId }) => tagId === a!.id)!;
    expect(await repo.get(PostTag, kept.id, { tenant })).toEqual(kept);
    expect(json(await repo.update(change(updated).putAssoc("tags", [])))).toMatchObject({ tags: [] });
    expect(await counts()).toEqual([1, 0, 4]);
  });

  test("of the same records is no change", async () => {
    const { post } = await start();
    const same = change(post).putAssoc("tags", [...post.tags].reverse());
    expect(same.changes).toEqual({});
  });

  test("has changes of its records", async () => {
    const { tags, post } = await start();
    const [a, , c] = tags;
    await repo.update(
      change(post).putAssoc("tags", [
        change(a!, { name: "A" }),
        change(c!, { name: "C" }),
        ...post.tags.slice(2),
      ]),
    );
    expect(await tagsOf(post.id)).toEqual(["A", "C"]);
    expect(await counts()).toEqual([1, 2, 3]);
  });

  test("has records that were taken out put in again in the same list as new ones", async () => {
    const { post } = await start();
    const b = post.tags.find(({ name }) => name === "b")!;
    await repo.update(change(post).putAssoc("tags", [change(b, { name: "x" }), { name: "b" }]));
    expect(await tagsOf(post.id)).toEqual(["b", "x"]);
  });

  test("joins a record that is in it twice once", async () => {
    const { tags, post } = await start();
    const c = tags[2]!;
    const again = await repo.getOrThrow(Tag, c.id, { tenant });
    const updated = await repo.update(change(post).putAssoc("tags", [c, again, c, ...post.tags]));
    expect(json(updated).tags).toHaveLength(3);
    expect(await tagsOf(post.id)).toEqual(["a", "b", "c"]);
    const fresh = build(Tag, { name: "new" });
    await repo.insert(change(Post).putAssoc("tags", [fresh, fresh, c, c]), { tenant });
    await repo.insert(Post, { tags: [c, c] }, { tenant });
    expect(await counts()).toEqual([3, 6, 4]);
    await expect(
      (async () => repo.update(change(post).putAssoc("tags", [c, change(c, { name: "other" })])))(),
    ).rejects.toThrow(ChangesetError);
  });

  test("needs the relation to be loaded", async () => {
    const { post } = await start();
    const bare = await repo.getOrThrow(Post, post.id, { tenant });
    expect(() => change(bare).putAssoc("tags", [])).toThrow(/Preload it/);
  });

  test("has what replaces follow onReplace", async () => {
    const { post } = await start();
    const loaded = await repo.preload(post, ["strictTags", "markedTags"]);
    expect(() => change(loaded).putAssoc("strictTags", [])).toThrow(ChangeError);
    expect(change(loaded).putAssoc("markedTags", []).valid).toBe(false);
    await repo.update(change(loaded).putAssoc("strictTags", [...loaded.strictTags, { name: "more" }]));
    expect(await tagsOf(post.id)).toEqual(["a", "b", "more"]);
  });

  test("leaves alone what was unjoined by others, and refuses what others joined", async () => {
    const { tags, post } = await start();
    await repo.deleteAll(from(PostTag).where({ tagId: tags[0]!.id }), { tenant });
    await repo.update(change(post).putAssoc("tags", []));
    expect(await counts()).toEqual([1, 0, 3]);
    const empty = await postOf(post.id);
    await repo.insert(PostTag, { postId: post.id, tagId: tags[2]!.id }, { tenant });
    const twice = await repo.tryUpdate(change(empty, { title: "new" }).putAssoc("tags", [tags[2]!]));
    expect(twice.ok).toBe(false);
    if (!twice.ok) {
      expect(twice.changeset.errors).toMatchObject([
        {
          field: "tags",
          message: "has already been taken",
          meta: { constraint: "unique", name: "post_tags_postId_tagId_index" },
        },
      ]);
    }
    expect(await repo.get(Post, post.id, { tenant })).toMatchObject({ title: "p" });
    await repo.transactional(tenant, async () => {
      await expect(repo.update(change(empty).putAssoc("tags", [tags[2]!]))).rejects.toThrow(
        InvalidChangesetError,
      );
      await repo.update(change(empty, { title: "goes on" }));
    });
    expect(await counts()).toEqual([1, 1, 3]);
  });

  test("takes what goes with a join along", async () => {
    const { tags, post } = await start();
    const join = (await repo.all(from(PostTag).where({ tagId: tags[0]!.id }), { tenant }))[0]!;
    await repo.insert(Vote, { postTagId: join.id }, { tenant });
    await repo.update(change(post).putAssoc("tags", []));
    expect(await repo.count(Vote, { tenant })).toBe(0);
  });

  test("belongs to the whole update: its lock, its errors, its take-back", async () => {
    const { tags, post } = await start();
    const locked = (tag: Tag[]) => repo.update(change(post).putAssoc("tags", tag).optimisticLock("version"));
    expect(await locked([])).toMatchObject({ version: 2, tags: [] });
    await expect(locked([tags[2]!])).rejects.toThrow(StaleEntryError);
    expect(await tagsOf(post.id)).toEqual([]);
    const now = await postOf(post.id);
    await expect(
      repo.update(change(now).putAssoc("tags", [tags[2]!, { name: "new" }, { name: "a" }])),
    ).rejects.toThrow(PlinthError);
    expect(await counts()).toEqual([1, 0, 3]);
  });

  test("shows other relations of the same rows no longer", async () => {
    const { tags, post } = await start();
    const loaded = await repo.preload(post, "postTags");
    const updated = await repo.update(change(loaded).putAssoc("tags", [tags[2]!]));
    expect(Object.keys(updated)).not.toContain("postTags");
    const other = await repo.preload(updated, ["postTags", "tags"]);
    const direct = await repo.update(change(other).putAssoc("postTags", []));
    expect(Object.keys(direct)).not.toContain("tags");
  });
});

describe("params that are cast", () => {
  test("change, add and leave out", async () => {
    const { tags, post } = await start();
    const a = tags[0]!;
    const result = await repo.update(
      Post.changeset(post, { tags: [{ id: a.id, name: "A" }, { name: "n" }] }),
    );
    expect(names(json(result).tags as Tag[])).toEqual(["A", "n"]);
    expect(await tagsOf(post.id)).toEqual(["A", "n"]);
    expect(await counts()).toEqual([1, 2, 4]);
    const bad = await repo.tryUpdate(Post.changeset(await postOf(post.id), { tags: [{ name: "" }] }));
    expect(bad).toMatchObject({ ok: false });
    if (!bad.ok)
      expect(bad.changeset.traverseErrors()).toMatchObject({ tags: [{ name: ["can't be blank"] }, {}, {}] });
    expect(await counts()).toEqual([1, 2, 4]);
  });

  test("that delete one remove its join only", async () => {
    const { tags, post } = await start();
    const changeset = cast(
      post,
      { tags: tags.slice(0, 2).map(({ id }, i) => ({ id, gone: i === 0 })) },
      [],
    ).castAssoc("tags", {
      with: (tag, given) => {
        const one = cast(tag, given, ["name"]);
        return (given as { gone: boolean }).gone ? one.putAction("delete") : one;
      },
    });
    const updated = await repo.update(changeset);
    expect(names(json(updated).tags as Tag[])).toEqual(["b"]);
    expect(await counts()).toEqual([1, 1, 3]);
  });

  test("of a new record", async () => {
    const post = await repo.insert(Post.changeset(build(Post), { title: "t", tags: [{ name: "x" }] }), {
      tenant,
    });
    expect(await tagsOf(post.id)).toEqual(["x"]);
  });
});

describe("a deleted record", () => {
  test("takes its joins with it, and not what they lead to", async () => {
    const { tags, post } = await start();
    const other = await repo.insert(Post, { tags: [tags[0]!] }, { tenant });
    await repo.delete(post);
    expect(await counts()).toEqual([1, 1, 3]);
    expect(await tagsOf(other.id)).toEqual(["a"]);
    // The other side says nothing of it: the joins stay, and lead nowhere.
    await repo.delete(await repo.getOrThrow(Tag, tags[0]!.id, { tenant }));
    expect(await counts()).toEqual([1, 1, 2]);
    expect(await tagsOf(other.id)).toEqual([]);
  });

  test("is refused while noAssocConstraint finds joins", async () => {
    const { tags } = await start();
    const result = await repo.tryDelete(change(tags[0]!).noAssocConstraint("posts"));
    expect(result).toMatchObject({ ok: false });
    if (!result.ok)
      expect(result.changeset.errors).toMatchObject([{ field: "posts", message: /are still associated/ }]);
    expect((await repo.tryDelete(change(tags[2]!).noAssocConstraint("posts"))).ok).toBe(true);
  });
});

describe("a schema that is related to itself", () => {
  test("from both sides, by joins without a key of their own", async () => {
    const people = (await repo.insertAll(Person, [{ id: 1 }, { id: 2 }, { id: 3 }], { tenant })).records;
    const loaded = await repo.preload(people, ["follows", "followers"]);
    const [one, two, three] = loaded;
    await repo.update(change(one!).putAssoc("follows", [two!, three!, one!]));
    await repo.update(change(two!).putAssoc("follows", [one!]));
    const read = async (id: number) =>
      repo.preload(await repo.getOrThrow(Person, id, { tenant }), ["follows.followers", "followers"]);
    const ids = (list: readonly Person[]) => list.map(({ id }) => id).sort();
    const now = await read(1);
    expect(ids(now.follows)).toEqual([1, 2, 3]);
    expect(ids(now.followers)).toEqual([1, 2]);
    expect(now.follows.map((person) => ids(person.followers)).sort()).toEqual([[1], [1], [1, 2]]);
    const twice = await repo.tryUpdate(change(one!).putAssoc("follows", [two!]));
    expect(twice).toMatchObject({ ok: false });
    await repo.update(change(now).putAssoc("followers", [three!]));
    expect(ids((await read(1)).followers)).toEqual([3]);
    expect(ids((await read(1)).follows)).toEqual([2, 3]);
    await repo.delete(await repo.getOrThrow(Person, 3, { tenant }));
    expect(await repo.all(Follow, { tenant })).toMatchObject([{ followerId: 1, followedId: 2 }]);
  });
});

describe("joins are of their class", () => {
  test("whose rules hold", async () => {
    @Schema("post_tags")
    class Heavy {
      @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
      @Field("binary_id") declare postId: string;
      @Field("binary_id") declare tagId: string;
      @Field("integer", { default: 10 }) @Max(9) declare weight: number | null;
    }
    @Schema("posts")
    class Other {
      @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
      @ManyToMany(() => Tag, { through: Heavy, joinKeys: ["postId", "tagId"] }) declare tags: ManyToMany<Tag>;
    }
    await expect(repo.insert(Other, { tags: [{ name: "x" }] }, { tenant })).rejects.toThrow(
      InvalidChangesetError,
    );
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test("and are found by an index", () => {
    class Only extends Migration {
      change() {
        return [create(metadata(Post))];
      }
    }
    const make = () => new Repo({ url: "memory:", storageId: "m", migrations: [[1, Only]] });
    expect(make).toThrow(MissingIndexError);
    expect(make).toThrow('create(index(PostTag, ["postId"]))');
  });
});

describe("what cannot be a relation between many and many is refused", () => {
  const define = (options: unknown) => () => {
    class Sample {}
    const decorate = ManyToMany as unknown as (...args: unknown[]) => PropertyDecorator;
    decorate(() => Tag, options)(Sample.prototype, "related");
  };
  const wrong: [string, unknown, RegExp][] = [
    ["without a schema in between", {}, /through: \(\) => PostTag/],
    ["with a list", { through: ["postTags", "tag"] }, /HasMany/],
    ["without options", undefined, /through/],
    ["with another option", { through: PostTag, joinIf: {} }, /no option "joinIf"/],
    ["that lets go", { through: PostTag, onDelete: "nilifyAll" }, /"deleteAll", not "nilifyAll"/],
    ["that nilifies", { through: PostTag, onReplace: "nilify" }, /onReplace/],
    ["with one key", { through: PostTag, joinKeys: ["postId"] }, /two names/],
  ];
  test.each(wrong)("%s", (_what, options, message) => {
    expect(define(options)).toThrow(SchemaError);
    expect(define(options)).toThrow(message);
  });

  test("when its keys are not there, or not clear", () => {
    @Schema("samples")
    class Sample {
      @PrimaryKey("id") declare id: number;
      @ManyToMany(() => Tag, { through: () => PostTag }) declare none: ManyToMany<Tag>;
      @ManyToMany(() => Sample, { through: () => Follow }) declare both: ManyToMany<Sample>;
      @ManyToMany(() => Tag, { through: () => PostTag, joinKeys: ["postsId" as "postId", "tagId"] })
      declare typo: ManyToMany<Tag>;
      @ManyToMany(() => Tag, { through: () => PostTag, joinKeys: ["tagId", "tagId"] })
      declare same: ManyToMany<Tag>;
    }
    const target = (name: string) => () => schemaOf(Sample).association(name).target();
    expect(target("none")).toThrow(/nothing says which field.*key of a Sample.*@BelongsTo/s);
    expect(target("both")).toThrow(/joinKeys/);
    expect(target("typo")).toThrow(/"postId"/);
    expect(target("same")).toThrow(/not clear/);
    for (const name of ["none", "both", "typo", "same"]) expect(target(name)).toThrow(SchemaError);
  });

  test("reflection tells the join", () => {
    const association = schemaOf(Post).association("tags");
    expect(association).toMatchObject({ kind: "manyToMany", cardinality: "many", onDelete: "deleteAll" });
    expect(association.join?.()).toMatchObject({
      schema: { name: "PostTag" },
      ownerKey: "postId",
      targetKey: "tagId",
    });
  });
});
