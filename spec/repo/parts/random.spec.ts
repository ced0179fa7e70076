import { describe, expect, test } from "@jest/globals";
import { openEngine } from "../../../lib/engine/index.js";
import { NestedTransaction } from "../../../lib/engine/nested/index.js";
import { checkTenant, from, Repo, Sync, Tenant } from "../../../lib/index.js";
import { WriteOrder } from "../../../lib/layer/context/write-order.js";
import { Session } from "../../../lib/repo/transaction/session.js";
import { lateEngine } from "../../../lib/testing/index.js";
import { timeout } from "../runs.js";
import { type ModelRow, runModel } from "./model.js";
import { Member, Members, Performer } from "./perform.js";
import { ids, randomProgram } from "./program.js";

const seed = Number(process.env.PLINTH_SEED ?? 1);
const runs = 150 * Number(process.env.PLINTH_RUNS ?? 1);

/** Runs random programs and gives what was wrong, by the seed that repeats it. */
async function histories(kind: string, from_: number, count: number): Promise<string[]> {
  const plain = await openEngine("memory:");
  const engine = kind === "late" ? lateEngine(plain, { seed: from_ }) : plain;
  const repo = new Repo({ engine, storageId: "parts", migrations: [[1, Members]] });
  const wrong: string[] = [];
  try {
    for (let at = from_; at < from_ + count; at++) {
      try {
        await history(repo, at);
      } catch (error) {
        wrong.push(`PLINTH_SEED=${at}: ${(error as Error).message}`);
        if (wrong.length === 3) break;
      }
    }
  } finally {
    await repo.close();
    await engine.close();
  }
  return wrong;
}

async function history(repo: Repo, at: number): Promise<void> {
  const tenant = await Tenant.create(repo, `t${at}`);
  const { records } = await repo.insertAll(
    Member,
    ids.map((id, n) => ({ id, n, mail: `base-${id}` })),
    { tenant },
  );
  const loaded = new Map(records.map((record) => [record.id, record]));
  for (const id of ids.slice(3)) await repo.delete(loaded.get(id)!);
  const before = new Map<string, ModelRow>(ids.slice(0, 3).map((id, n) => [id, { n, mail: `base-${id}` }]));

  const program = randomProgram(at);
  const model = runModel(before, program);
  const sync = new Sync(repo);
  const live = await sync.subscribe(tenant, { members: sync.all(from(Member).orderBy("id")) });
  let performer = new Performer(repo, loaded);
  const { version } = await repo.transactional(
    tenant,
    async (tx) => {
      performer = new Performer(tx, loaded);
      await performer.run(program);
    },
    { returning: "version" },
  );
  const rows = await repo.all(from(Member).orderBy("id"), { tenant });
  const stored = rows.map(({ id, n, mail }) => [id, n, mail]);
  expect(stored).toEqual([...model.rows].sort().map(([id, { n, mail }]) => [id, n, mail]));
  expect([...performer.outcomes].sort()).toEqual([...model.outcomes].sort());
  expect(performer.tokens.toSorted()).toEqual(model.tokens.toSorted());
  expect((await checkTenant(repo, tenant)).problems).toEqual([]);
  await live.until(version);
  expect(live.value.members.map(({ id, n, mail }) => [id, n, mail])).toEqual(stored);
  await sync.close();
}

describe.each(["plain", "late"])("random programs of parts on the %s engine", (kind) => {
  test(
    `come to what a map of rows comes to (${runs} from PLINTH_SEED=${seed})`,
    async () => {
      expect(await histories(kind, seed, runs)).toEqual([]);
    },
    timeout(120_000),
  );
});

describe("what is planted is found", () => {
  test("the writes of a part stay after it failed", async () => {
    const { drop } = NestedTransaction.prototype;
    NestedTransaction.prototype.drop = NestedTransaction.prototype.merge;
    try {
      expect(await histories("plain", 1, 60)).not.toEqual([]);
    } finally {
      NestedTransaction.prototype.drop = drop;
    }
  });

  test("what a failed part has for after the commit is told", async () => {
    const { onCommit } = Session.prototype;
    Session.prototype.onCommit = function (this: Session, fn: () => unknown) {
      const { outer } = this as unknown as { outer?: Session };
      (outer ?? this).afterCommit.push(fn);
    };
    try {
      expect(await histories("plain", 1, 60)).not.toEqual([]);
    } finally {
      Session.prototype.onCommit = onCommit;
    }
  });

  test("a write does not wait for its turn", async () => {
    const { turn } = WriteOrder.prototype;
    WriteOrder.prototype.turn = () => undefined;
    try {
      expect(await histories("late", 1, 60)).not.toEqual([]);
    } finally {
      WriteOrder.prototype.turn = turn;
    }
  });
});
