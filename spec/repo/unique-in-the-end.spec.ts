import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openEngine } from "../../lib/engine/index.js";
import {
  ConstraintError,
  change,
  create,
  Field,
  from,
  InvalidChangesetError,
  index,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";
import { lateEngine } from "../../lib/testing/index.js";
import { runs, timeout } from "./runs.js";

@Schema("seats")
class Seat {
  @PrimaryKey("integer") declare id: number;
  @Field("integer") declare row: number | null;
  @Field("integer") declare place: number | null;
  @Field("string") declare code: string | null;
  @Field("boolean") declare live: boolean;
  @Field("string") declare note: string | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Seat, ["row", "place"], { unique: true, include: ["note"] })),
      create(index(Seat, ["code"], { unique: true })),
      create(index(Seat, ["note"], { unique: true, name: "seats_live_note", where: { live: true } })),
    ];
  }
}

type Attrs = { [K in keyof Seat]: Seat[K] };

describe.each(["prompt", "late"])(
  "unique values are judged by what is stored in the end, on a %s engine",
  (kind) => {
    let repo: Repo;
    let tenant: Tenant;

    beforeAll(async () => {
      const engine = await openEngine("memory:");
      repo = new Repo({
        engine: kind === "late" ? lateEngine(engine, { seed: 7 }) : engine,
        storageId: "in-the-end",
        migrations: [[1, Indexes]],
      });
      tenant = await Tenant.openEmpty(repo, "t");
    });
    afterAll(async () => {
      await repo.close();
    });

    const seats = (...list: readonly Partial<Attrs>[]): Attrs[] =>
      list.map((one, i) => ({ id: i + 1, row: 1, place: null, code: null, live: false, note: null, ...one }));

    async function start(...list: readonly Partial<Attrs>[]): Promise<void> {
      await repo.deleteAll(from(Seat), { tenant });
      await repo.insertAll(Seat, seats(...list), { tenant });
    }

    /** The rows, which every index must tell alike. */
    async function stored(): Promise<Attrs[]> {
      const rows = await repo.all(from(Seat).orderBy("id"), { tenant });
      const plain = rows.map((row) => ({ ...row }));
      for (const name of ["seats_row_place_index", "seats_code_index", "seats_live_note"]) {
        const where = name === "seats_live_note" ? { live: true } : {};
        const through = await repo.all(from(Seat).where(where).using(name), { tenant });
        const wanted = name === "seats_live_note" ? plain.filter(({ live }) => live) : plain;
        expect(through.map((row) => ({ ...row })).sort((a, b) => a.id - b.id)).toEqual(wanted);
      }
      const covered = await repo.all(from(Seat).where({ row: 1 }).select(["place", "note"]), { tenant });
      expect(covered).toHaveLength(plain.filter(({ row }) => row === 1).length);
      for (const one of covered) expect(plain).toContainEqual(expect.objectContaining(one));
      for (const { id, code, row, place } of plain) {
        if (code !== null) expect((await repo.getBy(Seat, { code }, { tenant }))?.id).toBe(id);
        if (row !== null && place !== null)
          expect((await repo.getBy(Seat, { row, place }, { tenant }))?.id).toBe(id);
      }
      return plain;
    }
    const places = async () => (await stored()).map(({ place }) => place);

    test.each<[string, (place: number) => number, number[]]>([
      ["a shift up", (place) => place + 1, [2, 3, 4, 5]],
      ["a shift down", (place) => place - 1, [0, 1, 2, 3]],
      ["a swap of all", (place) => 5 - place, [4, 3, 2, 1]],
      ["a rotation", (place) => (place % 4) + 1, [2, 3, 4, 1]],
    ])("%s is stored", async (_name, move, wanted) => {
      await start({ place: 1 }, { place: 2 }, { place: 3 }, { place: 4 });
      const moved = repo.updateAll(
        from(Seat),
        ({ place }) => ({ place: move(place!), note: `was ${place}` }),
        { tenant },
      );
      expect(await moved).toEqual({ count: 4 });
      expect(await places()).toEqual(wanted);
    });

    test("two equal values in the end are refused whole, also in a transaction, where only they are taken back", async () => {
      await start({ place: 1 }, { place: 2 }, { place: 3, row: 2 });
      await expect(repo.updateAll(from(Seat), { place: 7, row: 1 }, { tenant })).rejects.toThrow(
        ConstraintError,
      );
      expect(await places()).toEqual([1, 2, 3]);
      await repo.transactional(tenant, async () => {
        await repo.updateAll(from(Seat).where({ id: 1 }), { note: "kept" });
        const error = await repo
          .updateAll(from(Seat), { row: 1, place: 2 })
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(ConstraintError);
        expect(error).toMatchObject({ violation: { name: "seats_row_place_index" } });
        expect((await repo.all(from(Seat))).map(({ place }) => place)).toEqual([1, 2, 3]);
        // The values are free and taken as before.
        await repo.updateAll(from(Seat).where({ id: 3 }), { row: 1, place: 5 });
        await expect(repo.updateAll(from(Seat).where({ id: 3 }), { place: 1 })).rejects.toThrow(
          ConstraintError,
        );
      });
      expect(await places()).toEqual([1, 2, 5]);
      expect((await stored())[0]).toMatchObject({ note: "kept" });
    });

    test("a value of a row outside of the query stays taken", async () => {
      await start({ place: 1 }, { place: 2 }, { place: 3 });
      const shift = repo.updateAll(
        from(Seat).where({ id: { lt: 3 } }),
        ({ place }) => ({ place: place! + 1 }),
        { tenant },
      );
      await expect(shift).rejects.toThrow(ConstraintError);
      expect(await places()).toEqual([1, 2, 3]);
    });

    test("several unique indexes, values that become or were null, and a partial index", async () => {
      await start(
        { place: 1, code: "a", live: true, note: "x" },
        { place: 2, code: "b", live: true, note: "y" },
        {
          place: 3,
          code: null,
          note: "x",
        },
      );
      await repo.updateAll(
        from(Seat),
        ({ id }) =>
          [
            {},
            { place: 2, code: "b", note: "y" },
            { place: null, code: null, note: "x" },
            { place: 1, code: "a", note: "y" },
          ][id]!,
        { tenant },
      );
      expect(await stored()).toMatchObject([
        { place: 2, code: "b", note: "y" },
        { place: null, code: null, note: "x" },
        { place: 1, code: "a", note: "y" },
      ]);
      await expect(repo.updateAll(from(Seat), { live: true, note: "z" }, { tenant })).rejects.toThrow(
        ConstraintError,
      );
      await repo.updateAll(from(Seat), ({ id }) => ({ live: id !== 2, note: id === 1 ? "x" : "y" }), {
        tenant,
      });
      await stored();
    });

    test("batches are transactions of their own: each is judged, and what goes over its end is refused", async () => {
      await start({ place: 1 }, { place: 2 }, { place: 3 }, { place: 4 });
      const swap = ({ place }: Seat) => ({ place: place! % 2 === 0 ? place! - 1 : place! + 1 });
      expect(await repo.updateAll(from(Seat), swap, { tenant, batch: 2 })).toEqual({ count: 4 });
      expect(await places()).toEqual([2, 1, 4, 3]);
      const shift = repo.updateAll(from(Seat), ({ id }) => ({ place: id + 1 }), { tenant, batch: 2 });
      await expect(shift).rejects.toThrow(ConstraintError);
      expect(await places()).toEqual([2, 1, 4, 3]);
    });

    test("the rows of an upsert swap their values, and those left equal are named by their own changeset", async () => {
      await start({ place: 1, code: "a" }, { place: 2, code: "b" });
      const rows = seats({ place: 2, code: "b" }, { place: 1, code: "a" }, { place: 3, code: "c" });
      const { count } = await repo.insertAll(Seat, rows, { tenant, onConflict: "replaceAll" });
      expect([count, await places()]).toEqual([3, [2, 1, 3]]);
      const given = seats({}, {}, {}, { place: 9, code: "x" }, { place: 8, code: "x" }).slice(3);
      const changesets = given.map(({ id, ...attrs }) =>
        change(Seat, { id, ...attrs }).uniqueConstraint(["code"]),
      );
      const error = await repo.insertAll(Seat, changesets, { tenant }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InvalidChangesetError);
      expect((error as InvalidChangesetError).changeset).toMatchObject({
        changes: { place: 8 },
        errors: [{ field: "code" }],
      });
      expect(await places()).toEqual([2, 1, 3]);
    });

    test("a row that takes a value and gives it up again leaves it with the row that had it", async () => {
      await start({ place: 1, code: "a", note: "one" }, { place: 2, code: "b", note: "two" });
      const rows = [
        { ...seats({})[0]!, place: 2, code: "b" },
        { ...seats({})[0]!, place: 3, code: "c" },
      ];
      await repo.insertAll(Seat, rows, { tenant, onConflict: "replaceAll" });
      expect((await stored()).map(({ place, code, note }) => [place, code, note])).toEqual([
        [3, "c", null],
        [2, "b", "two"],
      ]);
    });

    test(
      "whatever the values, what is stored is what the final state allows",
      async () => {
        const value = fc.option(fc.integer({ min: 1, max: 4 }), { nil: null, freq: 6 });
        const distinct = fc.uniqueArray(fc.record({ place: value, code: value }), {
          minLength: 2,
          maxLength: 5,
          comparator: (a, b) =>
            (a.place !== null && a.place === b.place) || (a.code !== null && a.code === b.code),
        });
        const next = fc.array(fc.record({ place: value, code: value }), { minLength: 5, maxLength: 5 });
        const permuted = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5, maxLength: 5 });
        const outcomes = { stored: 0, refused: 0 };
        const property = fc.asyncProperty(
          distinct,
          next,
          fc.option(permuted),
          fc.nat(31),
          async (rows, wild, order, mask) => {
            const attrs = rows.map(({ place, code }) => ({ place, code: code === null ? null : `${code}` }));
            await start(...attrs);
            const changes = rows.map((_, i) => {
              const { place, code } = order === null ? wild[i]! : rows[order[i]! % rows.length]!;
              return { place, code: code === null ? null : `${code}` };
            });
            const touched = (id: number) => ((mask >> (id - 1)) & 1) === 0;
            const wanted = seats(
              ...attrs.map((one, i) => (touched(i + 1) ? { ...one, ...changes[i] } : one)),
            );
            const twice = (values: unknown[]) => new Set(values).size < values.length;
            const clash =
              twice(wanted.map(({ place }) => place).filter((one) => one !== null)) ||
              twice(wanted.map(({ code }) => code).filter((one) => one !== null));
            const run = repo.updateAll(
              from(Seat).where({ id: { in: [1, 2, 3, 4, 5].filter(touched) } }),
              ({ id }) => changes[id - 1]!,
              { tenant },
            );
            if (clash) await expect(run).rejects.toThrow(ConstraintError);
            else await run;
            outcomes[clash ? "refused" : "stored"]++;
            expect(await stored()).toEqual(clash ? seats(...attrs) : wanted);
          },
        );
        await fc.assert(property, runs(20));
        expect(outcomes.stored).toBeGreaterThan(0);
        expect(outcomes.refused).toBeGreaterThan(0);
      },
      timeout(60_000),
    );
  },
);
