import { writeSync } from "node:fs";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import type { AnyTransition } from "../../lib/sync/transition.js";
import { encodeTransition } from "../../lib/sync/wire.js";
import { decodeTransition, foldTransition } from "../../lib/web/index.js";

/**
 * A process that is killed: it goes on from the cursor and value of the one before, writes, and prints what it knows
 * after every transition. Arguments: the store, and the last line of the process before (or "-").
 */

@Schema("posts")
class Post {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare rank: number;
  @Field("integer") declare version: number;
}

class Posts extends Migration {
  change() {
    return [create(metadata(Post)), create(index(Post, ["rank"]))];
  }
}

const [url, last] = process.argv.slice(2) as [string, string];
const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);

const repo = new Repo({ url, storageId: "kill", migrations: [[1, Posts]] });
const tenant = await Tenant.openOrCreate(repo, "kill");
const sync = new Sync(repo);
const queries = {
  all: sync.all(from(Post).orderBy("rank")),
  top: sync.all(from(Post).orderBy({ rank: "desc" }).limit(3)),
  count: sync.count(Post),
};
const before =
  last === "-" ? undefined : (JSON.parse(last) as { cursor: string; value: Record<string, unknown> });
const sub = await sync.subscribe(tenant, queries, before === undefined ? {} : { resume: before.cursor });
let value: Readonly<Record<string, unknown>> = before?.value ?? {};
let first = true;

async function write(): Promise<void> {
  for (;;) {
    const id = `p${Math.floor(Math.random() * 20)}`;
    const rank = Math.floor(Math.random() * 100);
    await repo.transactional(tenant, async () => {
      const known = await repo.get(Post, id);
      if (known === null) await repo.insert(Post, { id, rank, version: 1 });
      else if (rank < 20) await repo.delete(known);
      else await repo.update(change(known, { rank, version: known.version + 1 }));
    });
  }
}

for await (const transition of sub) {
  // Through the wire, so that values compare as what a reader elsewhere holds.
  const received = decodeTransition(encodeTransition(transition as unknown as AnyTransition));
  if (first && before !== undefined && received.type === "snapshot")
    say({ bad: `snapshot: ${received.reason}` });
  value = foldTransition(value, received);
  if (first) {
    const shown = JSON.stringify(sub.value);
    if (JSON.stringify(value) !== shown) say({ bad: "value", expected: shown, got: value });
    void write();
  }
  first = false;
  if ("cursor" in received) say({ cursor: received.cursor, value });
}
