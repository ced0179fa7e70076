import {
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Schema,
  type Sync,
} from "../../../lib/index.js";
import type { Queries } from "../../../lib/sync/live/transition.js";
import type { Random } from "../runs.js";

@Schema("posts")
export class Post {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare owner: string;
  @Field("integer") declare rank: number;
  @Field("string") declare text: string | null;
}

/** Without a log. */
@Schema("loose")
export class Loose {
  @PrimaryKey("integer") declare id: number;
  @Field("integer") declare rank: number;
}

export class Posts extends Migration {
  change() {
    return [
      create(metadata(Post)),
      create(metadata(Post, ["owner"])),
      create(index(Post, ["rank"])),
      create(index(Post, ["owner", "rank"])),
    ];
  }
}

/** A label of any kind; lists of lists are the last of them. */
export function label(sync: Sync, next: Random, below = 12): Queries[string] {
  const rank = next(20);
  const owner = `o${next(4)}`;
  switch (next(below)) {
    case 0:
      return sync.one(Post, rank);
    case 1:
      return sync.many(Post, [rank, 3, 99]);
    case 2:
      return sync.allBy(from(Post).orderBy("rank"), { owner });
    case 3:
      return sync.all(
        from(Post)
          .where({ rank: { gte: rank } })
          .limit(3),
      );
    case 4:
      return sync.count(from(Post).where({ owner }));
    case 5:
      return sync.signal(Post, "updates", { owner });
    case 6:
      return sync.each(sync.allBy(from(Post).select("id"), { owner }), (id) => sync.one(Post, id));
    case 7:
      return sync.one(Loose, rank);
    case 8: {
      const above = from(Post).filter((post) => post.rank > rank);
      return sync.all(above.scan());
    }
    case 9:
      return sync.all(Post, { on: "inserts" });
    case 10:
      return sync.all(from(Post).select(["id", "rank"]));
    default:
      return sync.each(sync.all(from(Post).select("owner"), { on: "collection" }), (by) =>
        sync.allBy(Post, { owner: by }),
      );
  }
}

export function labels(sync: Sync, next: Random, below?: number): Queries {
  return Object.fromEntries(
    Array.from({ length: 1 + next(3) }, (_, i) => [`l${i}`, label(sync, next, below)]),
  );
}
