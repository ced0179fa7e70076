import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  change,
  create,
  Field,
  from,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { kinds } from "./oracle/kinds.js";

class Thing {
  @PrimaryKey("integer") declare id: number;
  declare value: unknown;
}
const fieldOf = (name: string) => `${name}_value` as "value";
for (const { name, type } of kinds)
  (Field(type) as (target: object, property: string) => void)(Thing.prototype, fieldOf(name));
Schema("things")(Thing);

class Things extends Migration {
  change() {
    return [create(metadata(Thing))];
  }
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Things]] });
  tenant = await Tenant.openEmpty(repo, "types");
  sync = new Sync(repo);
});
afterAll(async () => {
  await sync.close();
  await repo.close();
});

test.each(kinds)("values of the type $name can be shown alone, and move", async ({ name, values }) => {
  const field = fieldOf(name);
  const [first, second] = values as [unknown, unknown];
  const thing = await repo.insert(Thing, { id: 1, [field]: first }, { tenant, onConflict: "replaceAll" });
  const sub = await sync.subscribe(tenant, { values: sync.all(from(Thing).select(field)) });
  expect(sub.value.values).toEqual([first]);
  const { version } = await repo.transactional(
    tenant,
    () => repo.update(change(thing, { [field]: second } as never)),
    { returning: "version" },
  );
  await sub.until(version);
  expect(sub.value.values).toEqual([second]);
  await sub.close();
});
