import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  AsynchronousFunctionError,
  applyChanges,
  change,
  create,
  EngineError,
  Field,
  type FieldType,
  from,
  index,
  type Live,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  type SubscribeOptions,
  Sync,
  Tenant,
  TenantGoneError,
  type Transition,
} from "../../lib/index.js";

/** Armed by a test: what functions of the application throw when they meet the row "bad". */
let armed: (() => unknown) | undefined;
const meet = (value: unknown): void => {
  if (armed !== undefined && value === "bad") throw armed();
};

/** A type whose functions fail for one value, as after a release that no longer knows it. */
const fragile = (broken: "load" | "toKey" | "equal"): FieldType<string> => ({
  name: `fragile_${broken}`,
  cast: (value) => ({ ok: true, value: String(value) }),
  dump: (value) => value,
  load: (stored) => {
    if (broken === "load") meet(stored);
    return stored as string;
  },
  toKey: (value) => {
    if (broken === "toKey") meet(value);
    return value;
  },
  fromKey: (item) => item as string,
  equal: (a, b) => {
    if (broken === "equal") meet(b);
    return a === b;
  },
});

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare kind: string;
  @Field("integer") declare rank: number;
}

@Schema("docs")
class Unloadable {
  @PrimaryKey("string") declare id: string;
  @Field(fragile("load")) declare kind: string;
  @Field("integer") declare rank: number;
}

@Schema("docs")
class Keyless {
  @PrimaryKey("string") declare id: string;
  @Field(fragile("toKey")) declare kind: string;
  @Field("integer") declare rank: number;
}

@Schema("docs")
class Unequal {
  @PrimaryKey("string") declare id: string;
  @Field(fragile("equal")) declare kind: string;
  @Field("integer") declare rank: number;
}

@Schema("notes")
class Note {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number;
}

/** Without a log: its rows are watched one by one. */
@Schema("loose")
class Loose {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare kind: string;
}

@Schema("loose")
class LooseUnloadable {
  @PrimaryKey("string") declare id: string;
  @Field(fragile("load")) declare kind: string;
}

class All extends Migration {
  change() {
    return [
      create(metadata(Doc)),
      create(index(Doc, ["rank"])),
      create(index(Doc, ["kind"])),
      create(metadata(Note)),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
beforeEach(async () => {
  armed = undefined;
  repo = new Repo({ url: "memory:", storageId: "faults", migrations: [[1, All]] });
  tenant = await Tenant.openEmpty(repo, "a");
  sync = new Sync(repo);
  // An order compares two rows.
  await repo.insert(Doc, { id: "first", kind: "good", rank: 2 }, { tenant });
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

type Queries = Record<string, Live<unknown, unknown>>;

interface Part {
  readonly queries: () => Queries;
  readonly options?: SubscribeOptions;
}

const row = (value: unknown) => {
  meet((value as Doc).kind);
  return true;
};

/** Everything in which a function of the application is called with a row. */
const parts: Readonly<Record<string, Part>> = {
  filter: { queries: () => ({ it: sync.all(from(Doc).filter(row, [])) }) },
  "filter of a window": {
    queries: () => ({ it: sync.all(from(Doc).orderBy("rank").limit(3).filter(row, [])) }),
  },
  "filter of a count": { queries: () => ({ it: sync.count(from(Doc).filter(row, [])) }) },
  "authorize.row": { queries: () => ({ it: sync.all(Doc) }), options: { authorize: { row, deps: [] } } },
  "authorize.row of a window": {
    queries: () => ({ it: sync.all(from(Doc).orderBy("rank").limit(3)) }),
    options: { authorize: { row, deps: [] } },
  },
  "authorize.row of one row": {
    queries: () => ({ it: sync.one(Doc, "bad") }),
    options: { authorize: { row, deps: [] } },
  },
  each: {
    queries: () => ({
      it: sync.each(sync.all(from(Doc).select("kind")), (kind) => {
        meet(kind);
        return sync.one(Doc, kind);
      }),
    }),
  },
  "each inside of each": {
    queries: () => ({
      it: sync.each(sync.all(from(Note).select("id")), () =>
        sync.each(sync.all(from(Doc).select("kind")), (kind) => {
          meet(kind);
          return sync.one(Doc, kind);
        }),
      ),
    }),
  },
  "a type's load": { queries: () => ({ it: sync.all(Unloadable) }) },
  "a type's load, of one row": { queries: () => ({ it: sync.one(Unloadable, "bad") }) },
  "a type's load, by an index": {
    queries: () => ({ it: sync.all(from(Unloadable).where({ kind: "bad" }).scan()) }),
  },
  "a type's toKey": { queries: () => ({ it: sync.all(from(Keyless).orderBy("kind")) }) },
};

/** Subscriptions that have nothing to do with a fault, and what they fold of what they are told. */
async function bystanders() {
  const told: Transition<Record<string, never>>[] = [];
  const docs = await sync.subscribe(tenant, { it: sync.all(from(Doc).orderBy("rank")) });
  const notes = await sync.subscribe(tenant, { it: sync.count(Note) });
  let folded: readonly unknown[] = docs.value.it;
  docs.on("transition", (t) => {
    told.push(t as never);
    if (t.type === "change") folded = applyChanges(folded as Doc[], t.changes.it ?? []);
  });
  return async () => {
    const { version } = await repo.transactional(
      tenant,
      async () => {
        await repo.insert(Note, { id: `n${told.length}`, n: 1 });
        await repo.insert(Doc, { id: `after${told.length}`, kind: "good", rank: 50 });
      },
      { returning: "version" },
    );
    await Promise.all([docs.until(version), notes.until(version)]);
    expect([docs.state, notes.state]).toEqual(["live", "live"]);
    const { it } = docs.value;
    expect(it).toEqual(await repo.all(from(Doc).orderBy("rank"), { tenant }));
    expect(folded).toEqual(it);
    let at = 0n;
    for (const t of told) {
      if (t.type === "status") continue;
      if (t.type === "change" && at > 0n) expect(t.from).toBe(at);
      at = t.version;
    }
  };
}

const insertBad = () => repo.insert(Doc, { id: "bad", kind: "bad", rank: 1 }, { tenant });
const boom = () => new Error("boom");

/** What the subscription ends with. */
const endOf = (page: { on(event: "error", listener: (error: unknown) => void): unknown }) =>
  new Promise<unknown>((resolve) => page.on("error", resolve));

describe.each(Object.entries(parts))("%s that throws", (_, { queries, options = {} }) => {
  test("ends its own subscription alone, while others are live", async () => {
    const unharmed = await bystanders();
    armed = boom;
    const page = await sync.subscribe(tenant, queries(), options);
    if ("it" in queries()) await repo.insert(Note, { id: "outer", n: 0 }, { tenant });
    const ended = endOf(page);
    const told: string[] = [];
    page.on("change", () => told.push("change"));
    const before = told.length;
    await insertBad();
    expect(await ended).toMatchObject({ message: expect.stringContaining("boom") });
    expect(page.state).toBe("closed");
    expect(told.slice(before).length).toBeLessThanOrEqual(1);
    await unharmed();
  });

  test("refuses a subscription that begins with it, alone", async () => {
    await insertBad();
    await repo.insert(Note, { id: "outer", n: 0 }, { tenant });
    const unharmed = await bystanders();
    armed = boom;
    await expect(sync.subscribe(tenant, queries(), options)).rejects.toThrow("boom");
    await unharmed();
    armed = undefined;
    const again = await sync.subscribe(tenant, queries(), options);
    expect(again.state).toBe("live");
  });

  test("refuses a resume whose past it cannot tell, or begins it with a snapshot; in a crowd of others", async () => {
    const bad = await insertBad();
    await repo.insert(Note, { id: "outer", n: 0 }, { tenant });
    const page = await sync.subscribe(tenant, queries(), options);
    const { cursor } = page;
    await page.close();
    const fine = await sync.subscribe(tenant, { docs: sync.all(Doc) });
    const fineCursor = fine.cursor;
    await fine.close();
    await repo.delete(bad);
    const unharmed = await bystanders();
    armed = boom;
    const [own, ...others] = await Promise.all([
      sync.subscribe(tenant, queries(), { ...options, resume: cursor }).then(
        (resumed) => resumed[Symbol.asyncIterator]().next(),
        (error: unknown) => error,
      ),
      ...[1, 2, 3].map(() => sync.subscribe(tenant, { docs: sync.all(Doc) }, { resume: fineCursor })),
    ]);
    if (own instanceof Error) expect(own.message).toContain("boom");
    else expect(own).toMatchObject({ value: { type: expect.stringMatching(/snapshot|progress|change/) } });
    for (const other of others) {
      const { value } = await other![Symbol.asyncIterator]().next();
      expect(value).toMatchObject({ type: "change", changes: { docs: [{ op: "delete", key: "bad" }] } });
    }
    await unharmed();
  });
});

const thrown: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  "a text": () => "boom",
  "what looks like a tenant that is gone": () => new TenantGoneError("not so"),
  "what looks like an error of the engine": () => new EngineError(1007, "not so"),
  "what looks like a conflict": () => new EngineError(1020, "not so"),
};

test.each(Object.entries(thrown))("a function that throws %s ends no other subscription", async (_, what) => {
  const unharmed = await bystanders();
  armed = what;
  const pages = [
    await sync.subscribe(tenant, parts.filter!.queries()),
    await sync.subscribe(tenant, { it: sync.all(Doc) }, { authorize: { row } }),
    await sync.subscribe(tenant, parts.each!.queries()),
  ];
  const ends = pages.map(endOf);
  await insertBad();
  for (const end of ends) {
    const reason = await end;
    if (what() == null) expect(reason).toBeInstanceOf(Error);
    else expect(reason).toEqual(what());
  }
  await unharmed();
});

describe("a function that is async where an answer is needed at once", () => {
  const rejects = async () => {
    throw new Error("late");
  };

  test("shows nothing, and is refused with the reason", async () => {
    await insertBad();
    const unharmed = await bystanders();
    const attempts = [
      sync.subscribe(tenant, { it: sync.all(from(Doc).filter((async () => false) as never)) }),
      sync.subscribe(tenant, { it: sync.all(from(Doc).filter(rejects as never)) }),
      sync.subscribe(tenant, { it: sync.all(Doc) }, { authorize: { row: (async () => false) as never } }),
      sync.subscribe(tenant, { it: sync.all(Doc) }, { authorize: { row: rejects as never } }),
      sync.subscribe(
        tenant,
        {
          it: sync.all(from(Doc).limit(2)),
          other: sync.one(Note, "n"),
        },
        { authorize: { row: rejects as never } },
      ),
      sync.subscribe(tenant, { it: sync.each(sync.all(from(Doc).select("id")), rejects as never) }),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toThrow(AsynchronousFunctionError);
    await unharmed();
  });

  test("a function of each that gives something else than a live query is refused", async () => {
    await insertBad();
    const unharmed = await bystanders();
    const ids = sync.all(from(Doc).select("id"));
    for (const other of [undefined, 5, {}, from(Doc)]) {
      await expect(sync.subscribe(tenant, { it: sync.each(ids, () => other as never) })).rejects.toThrow(
        /takes a live query/,
      );
    }
    await unharmed();
  });
});

describe("a row that one class cannot load", () => {
  test("concerns those queries of the class that can show it", async () => {
    armed = boom;
    const whole = await sync.subscribe(tenant, { it: sync.all(Unloadable) });
    const beside = await sync.subscribe(tenant, {
      it: sync.all(from(Unloadable).where({ rank: { gte: 10 } })),
    });
    const row = await sync.subscribe(tenant, { it: sync.one(Unloadable, "good") });
    const other = await sync.subscribe(tenant, { it: sync.all(Doc) });
    const ended = endOf(whole);
    await insertBad();
    expect(await ended).toMatchObject({ message: expect.stringContaining("boom") });
    const { version } = await repo.transactional(
      tenant,
      () => repo.insert(Doc, { id: "good", kind: "good", rank: 20 }),
      { returning: "version" },
    );
    for (const page of [beside, row, other]) await page.until(version);
    expect(beside.value.it.map(({ id }) => id)).toEqual(["good"]);
    expect(row.value.it?.id).toBe("good");
    expect(other.value.it).toHaveLength(3);
  });

  test("without a log, ends the row of that class; the same row of another class goes on", async () => {
    const bad = await sync.subscribe(tenant, { it: sync.one(LooseUnloadable, "x") });
    const good = await sync.subscribe(tenant, { it: sync.one(Loose, "x") });
    const both = await sync.subscribe(tenant, { x: sync.one(Loose, "x"), y: sync.one(Loose, "y") });
    armed = boom;
    const ended = endOf(bad);
    const { version } = await repo.transactional(tenant, () => repo.insert(Loose, { id: "x", kind: "bad" }), {
      returning: "version",
    });
    expect(await ended).toMatchObject({ message: expect.stringContaining("boom") });
    await Promise.all([good.until(version), both.until(version)]);
    expect(good.value.it).toMatchObject({ kind: "bad" });
    expect(both.value).toMatchObject({ x: { kind: "bad" }, y: null });
  });

  test("two classes of one row without a log are both told, again and again", async () => {
    const one = await sync.subscribe(tenant, { it: sync.one(Loose, "x") });
    const two = await sync.subscribe(tenant, { it: sync.one(LooseUnloadable, "x") });
    for (const kind of ["a", "b", "c"]) {
      const { version } = await repo.transactional(
        tenant,
        () => repo.insert(Loose, { id: "x", kind }, { onConflict: "replaceAll" }),
        { returning: "version" },
      );
      await Promise.all([one.until(version), two.until(version)]);
      expect([one.value.it?.kind, two.value.it?.kind]).toEqual([kind, kind]);
    }
  });

  test("ends the consumer of that class, which keeps its place; the consumer of another goes on", async () => {
    armed = boom;
    const stop = new AbortController();
    const got: unknown[] = [];
    const bad = sync.consume(tenant, "bad", { it: sync.all(Unloadable) }, () => undefined);
    const good = sync.consume(
      tenant,
      "good",
      { it: sync.all(Doc) },
      (batch) => void got.push(...batch.changes.it.map(({ key }) => key)),
      { signal: stop.signal },
    );
    const refused = expect(bad).rejects.toThrow("boom");
    await insertBad();
    await refused;
    while (!got.includes("bad")) await new Promise((resolve) => setTimeout(resolve, 5));
    armed = undefined;
    const again = new AbortController();
    const told: unknown[] = [];
    await sync.consume(
      tenant,
      "bad",
      { it: sync.all(Unloadable) },
      (batch) => {
        told.push(...batch.changes.it.map(({ key }) => key));
        again.abort();
      },
      { signal: again.signal },
    );
    expect(told).toEqual(["bad"]);
    stop.abort();
    await good;
  });
});

describe("a comparison of values that throws", () => {
  test("ends the subscription whose labels are set, and nobody else", async () => {
    const bad = await insertBad();
    const unharmed = await bystanders();
    const page = await sync.subscribe(tenant, { it: sync.all(from(Unequal).where({ rank: 1 })) });
    armed = boom;
    const ended = endOf(page);
    await repo.update(change(bad, { rank: 1, kind: "bad" }), { tenant });
    const moved = page.set("it", sync.all(from(Unequal).where({ rank: { gte: 0 } })));
    await moved.catch((error: unknown) =>
      expect(error).toMatchObject({ message: expect.stringContaining("boom") }),
    );
    if (page.state === "closed")
      expect(await ended).toMatchObject({ message: expect.stringContaining("boom") });
    await unharmed();
  });
});

describe("a listener that throws", () => {
  test.each(["transition", "change", "change:it"] as const)(
    "on %s ends its own subscription",
    async (event) => {
      const unharmed = await bystanders();
      const page = await sync.subscribe(tenant, { it: sync.all(Doc) });
      const beside = await sync.subscribe(tenant, { it: sync.all(Doc) });
      const heard: string[] = [];
      page.on(event as "change", () => {
        throw new Error("boom");
      });
      page.on("change", () => heard.push("second"));
      const ended = endOf(page);
      const loop = (async () => {
        for await (const t of page) heard.push(t.type);
      })();
      const looped = expect(loop).rejects.toThrow("boom");
      await insertBad();
      expect(await ended).toMatchObject({ message: expect.stringContaining("boom") });
      await looped;
      expect(heard).toEqual(["snapshot", "second", "change"]);
      expect(beside.state).toBe("live");
      await unharmed();
    },
  );

  test("in a promise does so as well, and no rejection is left over", async () => {
    const unharmed = await bystanders();
    const page = await sync.subscribe(tenant, { it: sync.all(Doc) });
    const ended = endOf(page);
    page.on("change", (async () => {
      await Promise.resolve();
      throw new Error("late");
    }) as never);
    await insertBad();
    expect(await ended).toMatchObject({ message: "late" });
    await unharmed();
  });

  test("of the end is reported, and every other listener of the end is called", async () => {
    const logged: unknown[] = [];
    const log = (facts: { err: Error }) => logged.push(facts.err.message);
    const logger = { debug: log, info: log, warn: log, error: log } as never;
    const other = new Repo({ url: "memory:", storageId: "logged", migrations: [[1, All]], logger });
    const own = new Sync(other);
    const page = await own.subscribe(await Tenant.openEmpty(other, "t"), { it: own.all(Doc) });
    let closed = 0;
    page.on("close", () => {
      throw new Error("at the end");
    });
    page.on("close", () => closed++);
    await page.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect([closed, logged]).toEqual([1, ["at the end"]]);
    await own.close();
    await other.close();
  });
});

test("a row that cannot be written as text ends the stream that writes it; the subscription goes on", async () => {
  await insertBad();
  const page = await sync.subscribe(tenant, { it: sync.all(Doc) });
  const bomb = page.value.it[0]!;
  const { toJSON } = Doc.prototype as { toJSON?: unknown };
  Object.defineProperty(Doc.prototype, "toJSON", {
    configurable: true,
    value() {
      if ((this as Doc).id === bomb.id) throw new Error("no text");
      return { ...this };
    },
  });
  try {
    const reader = page.stream({ format: "ndjson" }).getReader();
    await expect(reader.read()).rejects.toThrow("no text");
    expect(page.state).toBe("live");
    expect(sync.inspect().slowest).toEqual([]);
  } finally {
    if (toJSON === undefined) delete (Doc.prototype as { toJSON?: unknown }).toJSON;
    else Object.defineProperty(Doc.prototype, "toJSON", { configurable: true, value: toJSON });
  }
});
