import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  build,
  cast,
  change,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  Field,
  type FieldType,
  from,
  HasMany,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  UpdatedAt,
} from "../../lib/index.js";

interface Point {
  x: number;
}

/** Says neither what is equal nor hands anything through. */
const point: FieldType<Point> = {
  name: "point",
  cast: (value) => ({ ok: true, value: value as Point }),
  dump: ({ x }) => ({ x }),
  load: (stored) => ({ x: (stored as unknown as Point).x }),
};

/** Hands the stored value through. */
const raw: FieldType<number[]> = {
  name: "raw",
  cast: (value) => ({ ok: true, value: value as number[] }),
  dump: (value) => value,
  load: (stored) => stored as unknown as number[],
};

@EmbeddedSchema()
class Stop {
  @Field("string") declare city: string | null;
  @Field("utc_datetime") declare at: Date | null;
}

@EmbeddedSchema()
class Leg {
  @Field("string") declare by: string | null;
  @Field({ array: "integer" }) declare seats: number[] | null;
  @EmbedsOne(() => Stop, { onReplace: "delete" }) declare end: Stop | null;
  static changeset(leg: Leg, params: unknown) {
    return cast(leg, params, ["by", "seats"]).castEmbed("end", {
      with: (stop, given) => cast(stop, given, ["city", "at"]),
    });
  }
}

@EmbeddedSchema()
class Guest {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare name: string | null;
}

@Schema("trips")
class Trip {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare name: string | null;
  @Field("integer") declare places: number | null;
  @Field("decimal") declare price: string | null;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field({ array: "utc_datetime_usec" }) declare days: Date[] | null;
  @Field({ array: "binary" }) declare parts: Uint8Array[] | null;
  @Field("json") declare meta: { list: number[]; deep?: { a: number } } | null;
  @Field("utc_datetime") declare starts: Date | null;
  @Field("utc_datetime_usec") declare ends: Date | null;
  @Field("binary") declare seal: Uint8Array | null;
  @Field(point) declare place: Point | null;
  @Field(raw) declare path: number[] | null;
  @EmbedsMany(() => Leg, { onReplace: "delete" }) declare legs: Leg[];
  @EmbedsOne(() => Leg, { onReplace: "delete" }) declare first: Leg | null;
  @EmbedsMany(() => Guest, { onReplace: "delete" }) declare guests: Guest[];
  @UpdatedAt() declare updatedAt: Date;
}

const values = () => ({
  id: 1,
  name: "a",
  places: 3,
  price: "1.50",
  tags: ["a"],
  days: [new Date(1)],
  parts: [Uint8Array.of(1)],
  meta: { list: [1], deep: { a: 1 } },
  starts: new Date(1_234),
  ends: new Date(1_234),
  seal: Uint8Array.of(1, 2),
  place: { x: 1 },
  path: [1],
  legs: [{ by: "bus", seats: [1], end: { city: "Oslo", at: new Date(2_000) } }],
  first: { by: "train", seats: [2] },
  guests: [
    { id: 1, name: "Ada" },
    { id: 2, name: "Bob" },
  ],
});

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "in-place" });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "in-place");
  await repo.insert(Trip, values() as never, { tenant });
});
afterAll(() => repo.close());

const stored = () => repo.getOrThrow(Trip, 1, { tenant });

/** How a program comes by a record. */
const origins: Record<string, () => Promise<Trip>> = {
  get: stored,
  query: async () => (await repo.all(from(Trip), { tenant }))[0]!,
  insert: () => repo.insert(Trip, values() as never, { tenant, onConflict: "replaceAll" }),
  update: async () => repo.update(change(await stored(), { name: "b" })),
  preload: async () => repo.preload(await stored(), []),
  reload: async () => (await repo.reload(await stored()))!,
  applied: async () => change(await stored(), { name: "b" }).applyChanges(),
};

type Edit = (trip: Trip) => void;
const edits: readonly (readonly [keyof Trip & string, string, Edit])[] = [
  [
    "name",
    "assigned",
    (t) => {
      t.name = "x";
    },
  ],
  [
    "name",
    "emptied",
    (t) => {
      t.name = null;
    },
  ],
  [
    "places",
    "counted up",
    (t) => {
      t.places!++;
    },
  ],
  [
    "price",
    "assigned",
    (t) => {
      t.price = "2";
    },
  ],
  [
    "tags",
    "pushed to",
    (t) => {
      t.tags!.push("b");
    },
  ],
  [
    "tags",
    "replaced",
    (t) => {
      t.tags = ["z"];
    },
  ],
  [
    "days",
    "moved inside",
    (t) => {
      t.days![0]!.setUTCFullYear(2001);
    },
  ],
  [
    "parts",
    "written into",
    (t) => {
      t.parts![0]![0] = 9;
    },
  ],
  [
    "meta",
    "edited deeply",
    (t) => {
      t.meta!.deep!.a = 2;
    },
  ],
  [
    "meta",
    "extended",
    (t) => {
      t.meta!.list.push(2);
    },
  ],
  [
    "starts",
    "moved",
    (t) => {
      t.starts!.setUTCFullYear(2001);
    },
  ],
  [
    "ends",
    "moved",
    (t) => {
      t.ends!.setUTCMilliseconds(7);
    },
  ],
  [
    "seal",
    "written into",
    (t) => {
      t.seal![1] = 9;
    },
  ],
  [
    "place",
    "edited",
    (t) => {
      t.place!.x = 2;
    },
  ],
  [
    "path",
    "edited",
    (t) => {
      t.path!.push(2);
    },
  ],
  [
    "legs",
    "edited inside",
    (t) => {
      t.legs[0]!.by = "boat";
    },
  ],
  [
    "legs",
    "edited two levels down",
    (t) => {
      t.legs[0]!.end!.city = "Bergen";
    },
  ],
  [
    "legs",
    "edited in a list inside",
    (t) => {
      t.legs[0]!.seats!.push(5);
    },
  ],
  [
    "legs",
    "extended",
    (t) => {
      t.legs.push(build(Leg, { by: "car" }));
    },
  ],
  [
    "legs",
    "emptied",
    (t) => {
      t.legs.pop();
    },
  ],
  [
    "first",
    "edited inside",
    (t) => {
      t.first!.by = "boat";
    },
  ],
  [
    "first",
    "emptied",
    (t) => {
      t.first = null;
    },
  ],
  [
    "guests",
    "edited inside",
    (t) => {
      t.guests[1]!.name = "Bea";
    },
  ],
  [
    "guests",
    "in another order",
    (t) => {
      t.guests.reverse();
    },
  ],
];

/** What was read, as text; a record's own values, to compare after it is changed again. */
const told = (value: unknown) =>
  JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? [...one] : one));

describe.each(Object.entries(origins))("A record of %s that is changed in place", (name, origin) => {
  test.each(edits)("%s, %s: the same object is stored as it is now", async (field, _how, edit) => {
    const trip = await origin();
    edit(trip);
    const wanted = told(trip[field]);
    const returned = await repo.update(change(trip, { [field]: trip[field] } as never));
    expect(told(returned[field])).toBe(wanted);
    expect(told((await stored())[field])).toBe(wanted);
  });

  test.each(edits)("%s, %s: an equal value is stored", async (field, _how, edit) => {
    const trip = await origin();
    edit(trip);
    const other = await origin();
    edit(other);
    const wanted = told(trip[field]);
    const returned = await repo.update(change(trip, { [field]: other[field] } as never));
    expect(told(returned[field])).toBe(wanted);
    expect(told((await stored())[field])).toBe(wanted);
  });

  test.each(edits)("%s, %s: the value that was read is stored", async (field, _how, edit) => {
    const trip = await origin();
    const before = await origin();
    edit(trip);
    const wanted = told(before[field]);
    const returned = await repo.update(change(trip, { [field]: before[field] } as never));
    expect(told(returned[field])).toBe(wanted);
    expect(told((await stored())[field])).toBe(wanted);
  });

  test("what was not changed is no change", async () => {
    const trip = await origin();
    // Its changes are not stored yet.
    if (name === "applied") return;
    const { id: _id, updatedAt, path: _path, ...rest } = trip;
    expect(change(trip, rest as never).changes).toEqual({});
    expect(change(trip, { updatedAt }).changes).toEqual({});
  });
});

describe("Input", () => {
  const fields = ["name", "places", "price", "tags", "days", "meta", "starts", "ends"] as const;
  const castAll = (trip: Trip, params: unknown) =>
    cast(trip, params, fields).castEmbed("legs").castEmbed("first");

  test("that sends back what was read is no change", async () => {
    const trip = await stored();
    expect(castAll(trip, JSON.parse(JSON.stringify(trip))).changes).toEqual({});
    expect(castAll(trip, { ...trip }).changes).toEqual({});
  });

  test("that says what was changed in place is stored", async () => {
    const trip = await stored();
    trip.name = "x";
    trip.tags!.push("b");
    trip.starts!.setUTCSeconds(30);
    trip.legs[0]!.by = "boat";
    const sent = JSON.parse(JSON.stringify(trip));
    const returned = await repo.update(castAll(trip, sent));
    const now = await stored();
    for (const trip of [returned, now]) {
      expect([trip.name, trip.tags, trip.legs[0]!.by]).toEqual(["x", ["a", "b"], "boat"]);
      expect(trip.starts!.getUTCSeconds()).toBe(30);
    }
  });

  test("with one item changed in a list of embeds without keys is one change", async () => {
    const trip = await stored();
    const params = JSON.parse(JSON.stringify(trip));
    params.legs[0].seats = [1, 2];
    expect(Object.keys(castAll(trip, params).changes)).toEqual(["legs"]);
    expect((await repo.update(castAll(trip, params))).legs[0]!.seats).toEqual([1, 2]);
  });
});

describe("A changeset", () => {
  test("stays as it is when the values given to it change", async () => {
    const trip = await stored();
    const given = {
      tags: ["t"],
      days: [new Date(9)],
      meta: { list: [5], deep: { a: 5 } },
      starts: new Date(9_000),
      seal: Uint8Array.of(5),
      parts: [Uint8Array.of(5)],
      legs: [build(Leg, { by: "boat", seats: [7], end: build(Stop, { city: "Rome" }) })],
      first: { by: "car", seats: [8] },
    };
    const changeset = change(trip, given as never);
    const casted = cast(trip, given, ["tags", "days", "meta", "starts", "seal", "parts"]);
    const wanted = told(change(trip, given as never).applyChanges());
    const wantedCast = told(casted.applyChanges());
    given.tags.push("u");
    given.days[0]!.setUTCFullYear(2001);
    given.meta.deep.a = 6;
    given.starts.setUTCFullYear(2001);
    given.seal[0] = 6;
    given.parts[0]![0] = 6;
    given.legs[0]!.by = "x";
    given.legs[0]!.seats!.push(1);
    given.legs[0]!.end!.city = "x";
    given.first.seats.push(1);
    expect(told(changeset.applyChanges())).toBe(wanted);
    expect(told(casted.applyChanges())).toBe(wantedCast);
  });

  test("takes a value that holds itself, or is very deep, and the write refuses it", async () => {
    const ring: { self?: unknown; list: unknown[] } = { list: [] };
    ring.self = ring;
    ring.list.push(ring, ring);
    let deep: unknown = {};
    for (let i = 0; i < 100_000; i++) deep = { deep };
    for (const meta of [ring, deep]) {
      const changeset = change(await stored(), { meta: meta as never });
      expect(await repo.tryUpdate(changeset)).toMatchObject({ ok: false });
    }
  });

  test("with nothing new leaves the time of the last change alone", async () => {
    const trip = await stored();
    const { place, meta, legs } = trip;
    expect((await repo.update(change(trip, { place, meta, legs }))).updatedAt).toEqual(trip.updatedAt);
  });
});

describe("A record that was changed in place", () => {
  const row = async () => ({ ...(await stored()) });

  test("is refused by an update that has no changes, which would store nothing", async () => {
    const before = await row();
    for (const [name, , edit] of edits) {
      // A type that hands stored values through has nothing to be compared with.
      if (name === "path") continue;
      const trip = await stored();
      edit(trip);
      for (const update of [repo.update(change(trip)), repo.insertOrUpdate(cast(trip, {}, ["name"]))]) {
        await expect(update).rejects.toMatchObject({
          code: "change_refused",
          message: expect.stringContaining(`change(record, { ${name}: …`),
        });
      }
    }
    expect(await row()).toEqual(before);
    const trip = await stored();
    expect(await repo.update(change(trip))).toBe(trip);
  });

  test("comes back as it is stored when something else is changed", async () => {
    for (const [at, [name, , edit]] of edits.entries()) {
      const trip = await stored();
      edit(trip);
      const updated = await repo.update(
        name === "name" ? change(trip, { places: at + 100 }) : change(trip, { name: `not ${name} ${at}` }),
      );
      expect({ ...updated }).toEqual(await row());
    }
  });
});

@Schema("rooms")
class Room {
  @PrimaryKey("binary_id", { partitionBy: "house" }) declare id: string;
  @Field("string") declare house: string;
  @Field("string") declare name: string | null;
  @HasMany(() => Chair, "roomId", { onReplace: "delete" }) declare chairs: HasMany<Chair>;
}

@Schema("chairs")
class Chair {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare roomId: string | null;
}

describe("A record whose key was changed in place", () => {
  beforeEach(async () => {
    await repo.insertAll(
      Room,
      ["a", "b"].flatMap((house) => ["1", "2"].map((id) => ({ id, house, name: house + id }))),
      { tenant },
    );
  });
  const rooms = () => repo.all(from(Room).scan(), { tenant });
  const keyEdits: Record<string, (room: Room) => void> = {
    id: (room) => {
      room.id = "2";
    },
    "to no row": (room) => {
      room.id = "none";
    },
    partition: (room) => {
      room.house = "b";
    },
  };

  for (const [what, edit] of Object.entries(keyEdits)) {
    test(`is refused by whatever would take it for another row (${what})`, async () => {
      const before = await rooms();
      const room = await repo.getOrThrow(Room, { house: "a", id: "1" }, { tenant });
      edit(room);
      const uses: Record<string, () => Promise<unknown>> = {
        delete: () => repo.delete(room),
        deleteIfExists: () => repo.deleteIfExists(room),
        "delete by changeset": () => repo.delete(change(room)),
        update: () => repo.update(change(room, { name: "x" })),
        "update without changes": () => repo.update(change(room)),
        "update that names the key": () => repo.update(change(room, { id: room.id, house: room.house })),
        reload: () => repo.reload(room, { tenant }),
        "in a transaction": () => repo.transactional(tenant, (tx) => tx.delete(room)),
      };
      for (const [name, use] of Object.entries(uses)) {
        const error = (await use().catch((caught) => caught)) as { code?: string };
        expect([name, error.code]).toEqual([name, "primary_key_change"]);
      }
      expect(await rooms()).toEqual(before);
    });
  }

  test("is refused with its children, which would go to another row", async () => {
    const room = await repo.insert(Room, { id: "9", house: "a", chairs: [{}, {}] }, { tenant });
    room.id = "2";
    const changeset = change(room).putAssoc("chairs", [
      ...(room as unknown as { chairs: Chair[] }).chairs,
      {},
    ]);
    await expect(repo.update(changeset)).rejects.toMatchObject({ code: "primary_key_change" });
    expect(await repo.count(from(Chair).scan(), { tenant })).toBe(2);
    expect((await repo.all(from(Chair).scan(), { tenant })).map(({ roomId }) => roomId)).toEqual(["9", "9"]);
  });

  test("is found under its key by what was written through it before, and stays usable", async () => {
    const room = await repo.getOrThrow(Room, { house: "a", id: "1" }, { tenant });
    const renamed = await repo.update(change(room, { name: "x" }));
    expect((await repo.update(change(renamed, { name: "y" }))).name).toBe("y");
    const copy = change(renamed, { name: "z" }).applyChanges();
    expect((await repo.update(change(copy, { name: "w" }))).name).toBe("w");
    await repo.delete(copy);
    const again = await repo.insert(Room, { ...room }, { tenant });
    await repo.delete(again);
    expect(await rooms()).toHaveLength(3);
  });
});
