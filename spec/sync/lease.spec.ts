import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import {
  create,
  Field,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import type { ConsumerState } from "../../lib/sync/consumer/consumer-state.js";
import { ObservedLease } from "../../lib/sync/consumer/observed-lease.js";

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number;
}

class Docs extends Migration {
  change() {
    return [create(metadata(Doc))];
  }
}

const state = (values: Partial<ConsumerState> = {}): ConsumerState => ({
  after: "5",
  queries: {},
  owner: "other",
  untilMs: 1_000,
  leaseMs: 100,
  ...values,
});

test.each([0, 1_000, 10 ** 15])(
  "an owner is alive while what it writes moves, whatever its clock says (%i)",
  (untilMs) => {
    const lease = new ObservedLease();
    expect(lease.leftMs(state({ untilMs }), 999, 50)).toBe(100);
    expect(lease.leftMs(state({ untilMs }), 999, 149)).toBe(1);
    expect(lease.leftMs(state({ untilMs: untilMs + 1 }), 999, 149)).toBe(100);
    expect(lease.leftMs(state({ untilMs: untilMs + 1, after: "6" }), 999, 200)).toBe(100);
    expect(lease.leftMs(state({ untilMs: untilMs + 1, after: "6" }), 999, 300)).toBe(0);
    expect(lease.leftMs(state({ untilMs: untilMs + 1, after: "6", owner: "third" }), 999, 300)).toBe(100);
  },
);

test("what an older release has written counts for as long as the observer's own lease", () => {
  const lease = new ObservedLease();
  const { leaseMs: _, ...older } = state();
  expect(lease.leftMs(older, 40, 0)).toBe(40);
  expect(lease.leftMs(older, 40, 40)).toBe(0);
});

let repo: Repo;
let sync: Sync;
let tenant: Tenant;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "lease", migrations: [[1, Docs]] });
  sync = new Sync(repo);
  tenant = await Tenant.openEmpty(repo, "a");
});
afterEach(async () => {
  jest.restoreAllMocks();
  await sync.close();
  await repo.close();
});

test.each([-3_600_000, 3_600_000])(
  "a live owner whose clock is off by %i ms is left alone, and handed over when it stops",
  async (skew) => {
    const real = Date.now;
    const first = new AbortController();
    const second = new AbortController();
    const got: string[] = [];
    const consume = (who: string, signal: AbortSignal) =>
      sync.consume(
        tenant,
        "c",
        { docs: sync.all(Doc) },
        (batch) => {
          for (const { key } of batch.changes.docs) got.push(`${who} ${String(key)}`);
        },
        { leaseMs: 600, signal },
      );
    jest.spyOn(Date, "now").mockImplementation(() => real() + skew);
    const owner = consume("owner", first.signal);
    await repo.insert(Doc, { id: "a", n: 1 }, { tenant });
    while (got.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const other = consume("other", second.signal);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await repo.insert(Doc, { id: "b", n: 1 }, { tenant });
    while (got.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    first.abort();
    await owner;
    await repo.insert(Doc, { id: "c", n: 1 }, { tenant });
    while (got.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    second.abort();
    await other;
    expect(got).toEqual(["owner a", "owner b", "other c"]);
  },
);
