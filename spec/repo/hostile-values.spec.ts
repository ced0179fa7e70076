import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  build,
  type Changeset,
  change,
  from,
  InvalidChangesetError,
  Multi,
  PlinthError,
  Repo,
  Tenant,
} from "../../lib/index.js";
import { Everything, Indexes, indexed, kept, Part, refused } from "./everything.js";

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "values", migrations: [[1, Indexes]] });
  tenant = await Tenant.openEmpty(repo, "values");
  await repo.insert(
    Everything,
    { id: "stored", string: "before", part: build(Part, { integer: 1 }) },
    { tenant },
  );
});
afterAll(() => repo.close());

type Attrs = Record<string, unknown>;
const attrsOf = (id: string, values: Attrs) => ({ id, ...values }) as never;
const stored = () => repo.getOrThrow(Everything, "stored", { tenant });
const changed = async (values: Attrs) => change(await stored(), values as never) as Changeset<Everything>;

/** Every way in which a value can come to a record, as a write that returns the record. */
const ways: Readonly<Record<string, (id: string, values: Attrs) => Promise<unknown>>> = {
  insert: (id, values) => repo.insert(Everything, attrsOf(id, values), { tenant }),
  "insert of a changeset": (id, values) =>
    repo.insert(change(build(Everything, { id }), values as never), { tenant }),
  "insert of a forced change": (id, values) => {
    const [[field = "", value] = []] = Object.entries(values);
    return repo.insert(change(build(Everything, { id })).forceChange(field as "string", value as never), {
      tenant,
    });
  },
  "insert of a built record": (id, values) => repo.insert(build(Everything, attrsOf(id, values)), { tenant }),
  "blind insert": (id, values) =>
    repo.insert(Everything, attrsOf(id, values), { tenant, conflictTarget: [] }),
  "upsert of a new record": (id, values) =>
    repo.insert(Everything, attrsOf(id, values), { tenant, onConflict: "replaceAll" }),
  insertOrUpdate: (id, values) =>
    repo.insertOrUpdate(change(build(Everything, { id }), values as never), { tenant }),
  insertAll: async (id, values) =>
    (await repo.insertAll(Everything, [attrsOf(`${id} first`, {}), attrsOf(id, values)], { tenant }))
      .records[1],
  "insertAll in batches": async (id, values) =>
    (await repo.insertAll(Everything, [attrsOf(id, values)], { tenant, batch: 1 })).records[0],
  "insert of a Multi": async (id, values) => {
    const multi = new Multi().insert("one", Everything, attrsOf(id, values));
    const result = await repo.transactional(tenant, multi);
    if (result.ok) return result.value.one;
    throw new InvalidChangesetError(result.failedValue as Changeset<Everything>, "insert");
  },
};

/** The same for a record that is stored already. */
const overStored: Readonly<Record<string, (values: Attrs) => Promise<unknown>>> = {
  update: async (values) => repo.update(await changed(values)),
  "insertOrUpdate of a stored record": async (values) => repo.insertOrUpdate(await changed(values)),
  upsert: (values) =>
    repo.insert(Everything, attrsOf("stored", values), { tenant, onConflict: "replaceAll" }),
  "upsert of some fields": (values) =>
    repo.insert(Everything, attrsOf("stored", values), {
      tenant,
      onConflict: { replace: Object.keys(values) as "string"[] },
    }),
  updateAll: async (values) => {
    await repo.updateAll(from(Everything).where({ id: "stored" }), values, { tenant });
    return stored();
  },
  "updateAll by a function": async (values) => {
    await repo.updateAll(from(Everything).where({ id: "stored" }), () => values, { tenant, batch: 1 });
    return stored();
  },
  "update of a Multi": async (values) => {
    const result = await repo.transactional(tenant, new Multi().update("one", await changed(values)));
    if (result.ok) return result.value.one;
    throw new InvalidChangesetError(result.failedValue as Changeset<Everything>, "update");
  },
  prepareChanges: async (values) =>
    repo.update(
      change(await stored(), { string: "prepared" }).prepareChanges((changeset) =>
        Object.entries(values).reduce(
          (all, [field, value]) => all.forceChange(field as "string", value as never),
          changeset as Changeset<Everything>,
        ),
      ),
    ),
};

const bytesOfStore = async () => {
  const rows = await repo.all(Everything, { tenant });
  const keys = await Promise.all(
    indexed.map((field) => repo.count(from(Everything).using(`everything_${field}_index`), { tenant })),
  );
  return { rows, keys };
};

describe.each(refused)("%s: %s", (field, _name, value) => {
  test("is refused with a typed error by every write, and nothing is written", async () => {
    const before = await bytesOfStore();
    const tries = [
      ...Object.entries(ways).map(([way, write]) => [way, () => write("new", { [field]: value })] as const),
      ...Object.entries(overStored).map(([way, write]) => [way, () => write({ [field]: value })] as const),
    ];
    // An embed keeps its values inside of the record, out of every key.
    const inKey = /index|commit/.test(_name);
    const embeds = inKey
      ? []
      : [
          ["an embed", () => ways.insert!("new", { part: { [field]: value } })] as const,
          ["a list of embeds", () => ways.insert!("new", { parts: [{}, { [field]: value }] })] as const,
          [
            "an embed that is changed",
            async () => repo.update(change(await stored()).putEmbed("part", { [field]: value } as never)),
          ] as const,
        ];
    for (const [way, write] of [...tries, ...embeds]) {
      const error = await write().then(
        () => "nothing",
        (thrown: unknown) => thrown,
      );
      expect([way, error instanceof PlinthError, String((error as Error).message).length < 2_000]).toEqual([
        way,
        true,
        true,
      ]);
    }
    expect(await bytesOfStore()).toEqual(before);
  });
});

describe.each(kept)("%s: %s", (field, _name, value) => {
  const id = "new \0\u00ff";

  async function holds(record: unknown): Promise<void> {
    const { id: key } = record as Everything;
    const read = await repo.getOrThrow(Everything, key, { tenant });
    expect(read).toEqual(record);
    expect(read[field]).toEqual(value);
    if (field === "json") return;
    const found = from(Everything).where({ [field]: { eq: value } } as never);
    const ids = (await repo.all(found.using(`everything_${field}_index`), { tenant })).map((one) => one.id);
    expect(ids).toEqual([key]);
    expect((await repo.all(found.using("primary").scan(), { tenant })).map((one) => one.id)).toEqual([key]);
  }

  test("comes back exactly from every write, and is found by its index", async () => {
    for (const [way, write] of Object.entries(ways)) {
      await holds(await write(id, { [field]: value }));
      await repo.delete(await repo.getOrThrow(Everything, id, { tenant }));
      if (way === "insertAll")
        await repo.delete(await repo.getOrThrow(Everything, `${id} first`, { tenant }));
    }
    for (const write of Object.values(overStored)) {
      await holds(await write({ [field]: value }));
      await repo.update(change(await stored(), { [field]: null } as never));
    }
    const part = build(Part, { [field]: value } as never);
    const record = await repo.insert(Everything, attrsOf(id, { part, parts: [part, build(Part)] }), {
      tenant,
    });
    expect(await repo.getOrThrow(Everything, id, { tenant })).toEqual(record);
    expect([record.part?.[field], record.parts[0]?.[field]]).toEqual([value, value]);
    await repo.delete(record);
  });
});

describe.each(refused.filter(([, name]) => name !== "too long for its index"))(
  "%s: %s",
  (field, _name, value) => {
    test("is no condition, in any place of a query", () => {
      for (const condition of [
        value,
        { eq: value },
        { in: [null, value] },
        { gt: value },
        { lte: value },
        { startsWith: value },
      ]) {
        const where = () => from(Everything).where({ [field]: condition } as never);
        expect(where).toThrow(PlinthError);
      }
    });
  },
);
