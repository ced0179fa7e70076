import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  build,
  change,
  counter,
  create,
  EmbeddedSchema,
  EmbedsOne,
  enumOf,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@EmbeddedSchema()
class Seal {
  @Field("binary") declare stamp: Uint8Array;
}

@Schema("meters")
class Meter {
  @PrimaryKey("binary") declare id: Uint8Array;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("binary") declare serial: Uint8Array | null;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field({ array: "binary" }) declare parts: Uint8Array[] | null;
  @EmbedsOne(() => Seal, { onReplace: "delete" }) declare seal: Seal | null;
  @Field("json") declare extra: { list: number[] } | null;
  @Field("integer") declare count: number | null;
  @Field("boolean", { virtual: true, default: false }) declare seen: boolean;
}

@Schema("tickets")
class OldTicket {
  @PrimaryKey("string") declare id: string;
  @Field(enumOf("open", "done", "lost")) declare state: "open" | "done" | "lost";
  @Field({ array: enumOf("open", "done", "lost") }) declare past: ("open" | "done" | "lost")[];
  @Field("string") declare text: string | null;
}

@Schema("tickets")
class Ticket {
  @PrimaryKey("string") declare id: string;
  @Field(enumOf("open", "done")) declare state: "open" | "done";
  @Field({ array: enumOf("open", "done") }) declare past: ("open" | "done")[];
  @Field("string") declare text: string | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(metadata(Meter)),
      create(index(Meter, ["at"])),
      create(index(Meter, ["serial"], { unique: true })),
      create(index(Meter, ["tags"])),
      create(index(Meter, ["parts"])),
      create(metadata(Ticket)),
      create(index(Ticket, ["state"])),
      create(counter(Ticket, ["state"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "own", migrations: [[1, Indexes]] });
  tenant = await Tenant.openEmpty(repo, "own");
});
afterAll(() => repo.close());

/** Values, and a writer that scribbles over them as long as `writing` takes. */
async function scribbling<T>(write: (values: ReturnType<typeof fresh>) => Promise<T>): Promise<T> {
  const values = fresh();
  let done = false;
  const writing = write(values).finally(() => {
    done = true;
  });
  for (let i = 1; !done; i++) {
    values.at.setTime(i);
    values.serial.fill(i & 0xff);
    values.tags[0] = `t${i}`;
    values.parts[0]!.fill(i & 0xff);
    values.seal.stamp.fill(i & 0xff);
    values.extra.list.push(i);
    await (i % 8 === 0 ? new Promise(setImmediate) : Promise.resolve());
  }
  return writing;
}
const fresh = () => ({
  at: new Date(5_000_000),
  serial: Buffer.from("serial"),
  tags: ["a", "b"],
  parts: [Buffer.from("part")],
  seal: build(Seal, { stamp: Buffer.from("seal") }),
  extra: { list: [0] },
});

describe("values that the caller goes on to change", () => {
  const id = Buffer.from("id");

  async function expectKept(record: Meter) {
    const read = await repo.getOrThrow(Meter, id, { tenant });
    expect(record).toEqual(read);
    expect(read).toMatchObject({ at: new Date(5_000_000), tags: ["a", "b"] });
    expect(Buffer.from(read.serial!).toString()).toBe("serial");
    expect(read.parts?.map((part) => Buffer.from(part).toString())).toEqual(["part"]);
    expect([null, "seal"]).toContain(read.seal === null ? null : Buffer.from(read.seal.stamp).toString());
    for (const field of ["at", "serial", "tags", "parts"] as const) {
      const found = from(Meter).where({ [field]: { eq: read[field] } } as never);
      expect(await repo.count(found.using(`meters_${field}_index`), { tenant })).toBe(1);
      expect(await repo.count(from(Meter).using(`meters_${field}_index`), { tenant })).toBe(1);
    }
  }

  test("are stored as they were when insert was called, in the row and in every index", async () => {
    const record = await scribbling((values) => repo.insert(Meter, { id, ...values }, { tenant }));
    await expectKept(record);
    expect(record.extra).toEqual({ list: [0] });
    await repo.delete(record);
    const { records } = await scribbling((values) => repo.insertAll(Meter, [{ id, ...values }], { tenant }));
    await expectKept(records[0]!);
    await repo.delete(records[0]!);
  });

  test("are in a changeset as they were when they were put into it", async () => {
    const inserted = await scribbling(({ extra: _, seal: _seal, ...values }) =>
      repo.insert(change(build(Meter, { id }), values), { tenant }),
    );
    await expectKept(inserted);
    const emptied = await repo.update(
      change(inserted, { at: null, serial: null, tags: null, parts: null, seal: null }),
    );
    const updated = await scribbling(({ extra: _, seal: _seal, ...values }) =>
      repo.update(change(emptied, values)),
    );
    await expectKept(updated);
    await repo.delete(updated);
  });

  test("are in a query as they were when it was made", async () => {
    const record = await repo.insert(Meter, { id, ...fresh() }, { tenant });
    const { at, serial, tags } = fresh();
    const queries = [
      from(Meter).where({ at }),
      from(Meter).where({ serial: { in: [serial] } }),
      from(Meter).where({ tags }),
    ];
    at.setTime(0);
    serial.fill(0);
    tags.pop();
    for (const query of queries) expect(await repo.count(query, { tenant })).toBe(1);
    await repo.delete(record);
  });
});

describe("updateAll with a function", () => {
  test("takes a record that the function changed in place for what it is", async () => {
    await repo.insertAll(
      Meter,
      [1, 2, 3].map((n) => ({ id: Buffer.of(n), ...fresh(), serial: null, count: n })),
      { tenant },
    );
    const all = from(Meter).where({ id: { gte: Buffer.of(0) } });
    const { count } = await repo.updateAll(
      all,
      (meter) => {
        meter.count = meter.count! * 10;
        meter.tags!.push("more");
        meter.at!.setTime(7);
        meter.extra!.list.push(1);
        return meter;
      },
      { tenant },
    );
    expect(count).toBe(3);
    for (const [i, meter] of (await repo.all(all, { tenant })).entries()) {
      expect(meter).toMatchObject({
        count: (i + 1) * 10,
        tags: ["a", "b", "more"],
        at: new Date(7),
        extra: { list: [0, 1] },
      });
    }
    expect(await repo.count(from(Meter).where({ at: new Date(7) }), { tenant })).toBe(3);
    const rekeyed = repo.updateAll(all, (meter) => Object.assign(meter, { id: Buffer.of(9) }), { tenant });
    await expect(rekeyed).rejects.toMatchObject({ code: "primary_key_change" });
    await repo.deleteAll(all, { tenant });
  });
});

test("a virtual field of a record that is read has its default", async () => {
  const id = Buffer.from("virtual");
  const inserted = await repo.insert(Meter, { id }, { tenant });
  expect([inserted.seen, (await repo.get(Meter, id, { tenant }))?.seen]).toEqual([false, false]);
  expect((await repo.all(from(Meter), { tenant }))[0]?.seen).toBe(false);
  await repo.delete(inserted);
});

describe("records whose enum has lost a name since they were written", () => {
  test("are read, found, changed elsewhere, brought up to date and deleted", async () => {
    const rows = ["1", "2", "3"].map((id) => ({ id, state: "lost" as const, past: ["lost" as const] }));
    await repo.insertAll(OldTicket, rows, { tenant });
    const read = await repo.all(from(Ticket).orderBy("state"), { tenant });
    expect(read.map(({ state, past }) => [state, past])).toEqual(
      rows.map(({ state, past }) => [state, past]),
    );
    expect(await repo.all(from(Ticket).using("primary").where({ state: "open" }).scan(), { tenant })).toEqual(
      [],
    );

    const renamed = await repo.update(change(read[0]!, { text: "still lost" }));
    expect(renamed).toMatchObject({ state: "lost", text: "still lost" });
    const replaced = await repo.insert(
      Ticket,
      { id: "1", text: "again", state: "open", past: [] },
      { tenant, onConflict: { replace: ["text"] } },
    );
    expect(replaced).toMatchObject({ state: "lost", text: "again" });
    await repo.update(change(read[1]!, { state: "done", past: [] }));
    await repo.delete(read[2]!);
    expect(await repo.all(from(Ticket).orderBy("state").select(["id", "state"]), { tenant })).toEqual([
      { id: "2", state: "done" },
      { id: "1", state: "lost" },
    ]);
    expect(await repo.deleteAll(Ticket, { tenant })).toEqual({ count: 2 });
    expect(await repo.count(from(OldTicket).orderBy("state"), { tenant })).toBe(0);
  });

  test("and do not take that name back", async () => {
    await expect(
      repo.insert(Ticket, { id: "4", state: "lost" as never, past: [] }, { tenant }),
    ).rejects.toMatchObject({
      code: "invalid_changeset",
    });
    const ticket = await repo.insert(Ticket, { id: "4", state: "open", past: [] }, { tenant });
    const lost = await repo.tryUpdate(change(ticket, { state: "lost" as never, text: "x" }));
    expect(lost).toMatchObject({
      ok: false,
      changeset: { errors: [{ field: "state" }], changes: { text: "x" } },
    });
    await repo.delete(ticket);
  });
});
