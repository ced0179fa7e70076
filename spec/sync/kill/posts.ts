import {
  change,
  create,
  Field,
  index,
  Migration,
  metadata,
  PrimaryKey,
  type Repo,
  Schema,
  type Tenant,
  type Versionstamp,
} from "../../../lib/index.js";
import type { Random } from "../runs.js";

/** What is watched. */
@Schema("posts")
export class Post {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare rank: number;
  /** Grows by one with every change of the post, also when it is gone in between. */
  @Field("integer") declare version: number;
  @Field("string") declare text: string | null;
}

/** How often a post has changed; no log, nobody watches it. */
@Schema("tallies")
export class Tally {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare version: number;
}

export type JournalOp = "insert" | "update" | "delete";

/** Every change, written in its own transaction: what Sync is judged by. No log, nobody watches it. */
@Schema("journal")
export class JournalEntry {
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("string") declare postId: string;
  @Field("integer") declare version: number;
  @Field("string") declare op: JournalOp;
  @Field("integer") declare rank: number;
}

export class Posts extends Migration {
  change() {
    return [create(metadata(Post)), create(index(Post, ["rank"])), create(index(Post, ["version"]))];
  }
}

/** The text of a post follows from its version; now and then it is too large for the log. */
export const textOf = (id: string, version: number): string | null =>
  version % 3 === 0 ? null : `${id} ${version}`.padEnd(version % 11 === 0 ? 3_000 : 0, ".");

/** Inserts, changes or deletes a post, and writes down that it did. */
export function writePost(repo: Repo, tenant: Tenant, next: Random): Promise<void> {
  const id = `p${next(20)}`;
  const rank = next(100);
  const remove = next(5) === 0;
  return repo.transactional(tenant, async () => {
    const [tally, known] = await Promise.all([repo.get(Tally, id), repo.get(Post, id)]);
    const version = (tally?.version ?? 0) + 1;
    const text = textOf(id, version);
    const op: JournalOp = known === null ? "insert" : remove ? "delete" : "update";
    const writes: Promise<unknown>[] = [
      tally === null ? repo.insert(Tally, { id, version }) : repo.update(change(tally, { version })),
      repo.insert(JournalEntry, { postId: id, version, op, rank }),
    ];
    if (known === null) writes.push(repo.insert(Post, { id, rank, version, text }));
    else if (remove) writes.push(repo.delete(known));
    else writes.push(repo.update(change(known, { rank, version, text })));
    await Promise.all(writes);
  });
}
