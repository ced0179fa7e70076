import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, from, openEngine, Repo, Tenant } from "../../lib/index.js";
import { Member, Members } from "./parts/perform.js";

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "stacks", migrations: [[1, Members]] });
  tenant = await Tenant.create(repo, "t");
  await repo.insert(Member, { id: "a", n: 1, mail: "x" }, { tenant });
});
afterAll(() => repo.close());

/** Calls that fail, some of them deep inside; each runs in a function whose name must be in the stack. */
const failing: Record<string, () => Promise<unknown>> = {
  "insert under a key that is taken": () => repo.insert(Member, { id: "a", n: 1, mail: null }, { tenant }),
  "insert of a value that is taken": () => repo.insert(Member, { id: "b", n: 1, mail: "x" }, { tenant }),
  "insert with a bad value": () => repo.insert(Member, { id: "b", n: "no" as never, mail: null }, { tenant }),
  insertAll: () => repo.insertAll(Member, [{ id: "a", n: 1, mail: null }], { tenant }),
  "update of a row that is gone": async () => {
    const gone = await repo.insert(Member, { id: "gone", n: 1, mail: null }, { tenant });
    await repo.delete(gone);
    await repo.update(change(gone, { n: 2 }));
  },
  "delete of a row that is gone": async () => {
    const gone = await repo.insert(Member, { id: "gone", n: 1, mail: null }, { tenant });
    await repo.delete(gone);
    await repo.delete(gone);
  },
  "a query that no index serves": () =>
    repo.all(
      from(Member)
        .where({ mail: { gt: "a" } })
        .orderBy("n")
        .limit(1),
      { tenant },
    ),
  getOrThrow: () => repo.getOrThrow(Member, "nobody", { tenant }),
  "a call without a tenant": () => repo.get(Member, "a"),
  "in a transaction": () => repo.transactional(tenant, () => repo.getOrThrow(Member, "nobody")),
  "in a part": () =>
    repo.transactional(tenant, () =>
      repo.transactional(() => repo.insert(Member, { id: "a", n: 1, mail: null })),
    ),
  "at the commit": async () => {
    const closed = new Repo({ engine: await openEngine("memory:"), storageId: "s" });
    await closed.close();
    await closed.get(Member, "a", { tenant });
  },
};

test.each(Object.keys(failing))(
  "%s shows the caller within Node's ten frames and those that follow",
  async (name) => {
    const run = failing[name]!;
    async function theCallersOwnFunction() {
      await run();
    }
    const error = await theCallersOwnFunction().then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    expect(error!.stack).toMatch(/stacks\.spec\.ts:\d+:\d+/);
  },
);
