import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { compile, moduleUrl, removeBuild } from "../cli/support/built.js";

beforeAll(compile);
afterAll(removeBuild);

/** Calls that fail, most of them deep inside. A test runner raises the limit of frames, so they run in a Node of their own. */
const program = () => `
import * as P from ${JSON.stringify(moduleUrl("index.js"))};
class Member {}
P.PrimaryKey("string")(Member.prototype, "id");
P.Field("integer")(Member.prototype, "n");
P.Field("string")(Member.prototype, "mail");
P.Field("string", { required: true, default: "plain" })(Member.prototype, "kind");
P.Schema("members")(Member);
class Members extends P.Migration {
  change() {
    return [P.create(P.index(Member, ["mail"], { unique: true })), P.create(P.metadata(Member))];
  }
}
const repo = new P.Repo({ url: "memory:", storageId: "stacks", migrations: [[1, Members]] });
const tenant = await P.Tenant.create(repo, "t");
await repo.insert(Member, { id: "a", n: 1, mail: "x" }, { tenant });
const gone = await repo.insert(Member, { id: "gone", n: 1 }, { tenant });
await repo.delete(gone);
const failing = {
  "a key that is taken": () => repo.insert(Member, { id: "a" }, { tenant }),
  "a value that is taken": () => repo.insert(Member, { id: "b", mail: "x" }, { tenant }),
  "a bad value": () => repo.insert(Member, { id: "b", n: "no" }, { tenant }),
  "one of many": () => repo.insertAll(Member, [{ id: "b" }, { id: "a" }], { tenant }),
  "an update of a row that is gone": () => repo.update(P.change(gone, { n: 2 })),
  "a delete of a row that is gone": () => repo.delete(gone),
  "a query that no index serves": () => repo.all(P.from(Member).where({ n: 1 }), { tenant }),
  "no result": () => repo.getOrThrow(Member, "nobody", { tenant }),
  "no tenant": () => repo.get(Member, "a"),
  "in a transaction": () => repo.transactional(tenant, () => repo.insert(Member, { id: "a" })),
  "in a part": () => repo.transactional(tenant, () => repo.transactional(() => repo.insert(Member, { id: "a" }))),
  "a tenant that is gone": async () => {
    const other = await P.Tenant.create(repo, "other");
    await P.Tenant.delete(repo, "other");
    await repo.get(Member, "a", { tenant: other });
  },
  "a key of another type": () => repo.get(Member, 5, { tenant }),
  "a bad bound": () => repo.allRange(Member, {}, undefined, { tenant }),
  "a field without a value": () => repo.insert(Member, { id: "b", kind: null }, { tenant }),
  "a record that lost its class": () => repo.delete({ ...gone }, { tenant }),
  "an attempt": () => repo.tryInsert(Member, { id: "a" }, { tenant }),
  "an attempt to update": () => repo.tryUpdate(P.change(gone, { n: 2 })),
  "an attempt in a part": () =>
    repo.transactional(tenant, () => repo.transactional((tx) => tx.tryInsert(Member, { id: "a" }))),
  "a Multi": () => repo.transactional(tenant, new P.Multi().insert("member", Member, { id: "a" })),
  "a stream": async () => {
    for await (const _ of repo.stream(P.from(Member).where({ n: 1 }), { tenant }));
  },
  "a call beside another": () =>
    repo.transactional(tenant, () => Promise.all([repo.get(Member, "a"), repo.insert(Member, { id: "a" })])),
  "a call that nobody waits for": () => repo.transactional(tenant, () => void repo.insert(Member, { id: "a" })),
  "an attempt that nobody waits for": () =>
    repo.transactional(tenant, () => void repo.tryInsert(Member, { id: "a" })),
};
for (const name of ["all", "one", "count", "exists", "deleteAll", "explain"]) {
  failing[name] = () => repo[name](P.from(Member).where({ n: 1 }), { tenant });
}
for (const [name, call] of Object.entries(failing)) {
  if (!/transaction|part|Multi|nobody|gone|no tenant/.test(name)) {
    failing[name + ", in a part"] = () => repo.transactional(tenant, () => repo.transactional(call));
  }
}
const stacks = {};
async function callersFunction(call) {
  await call();
}
for (const [name, call] of Object.entries(failing)) {
  stacks[name] = await callersFunction(call).then(() => "did not fail", (error) => error.stack);
}
await repo.close();
console.log(JSON.stringify(stacks));
`;

test("errors show the caller, however deep inside they come from", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-stacks-"));
  const file = join(folder, "program.mjs");
  writeFileSync(file, program());
  const { stdout, stderr } = spawnSync(process.execPath, [file], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  rmSync(folder, { recursive: true });
  expect(stderr).toBe("");
  const stacks = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(stacks).length).toBeGreaterThan(40);
  expect(stacks["a call that nobody waits for"]).toMatch(
    /^OutstandingCallsError: repo\.insert\(…\) at .*program\.mjs/,
  );
  expect(stacks["an attempt that nobody waits for"]).toMatch(/^OutstandingCallsError/);
  const without = Object.entries(stacks).filter(([, stack]) => !/^\s+at .*program\.mjs:\d+/m.test(stack));
  expect(without).toEqual([]);
});
