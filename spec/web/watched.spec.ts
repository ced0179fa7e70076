import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  change,
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
import { decodeTransition, foldTransition, syncHandler, type Watched } from "../../lib/web/index.js";

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string;
}

class Docs extends Migration {
  change() {
    return [create(metadata(Doc))];
  }
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Docs]] });
  tenant = await Tenant.openEmpty(repo, "web");
  sync = new Sync(repo);
  for (const [id, owner] of [
    ["mine", "me"],
    ["theirs", "them"],
  ] as const)
    await repo.insert(Doc, { id, owner }, { tenant });
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

/** Whatever a plain JavaScript program may return. */
const watching = (watched: unknown) => syncHandler(sync, () => watched as Watched<{ docs: never }>);
const ask = (handler: (request: Request) => Promise<Response>, accept = "application/x-ndjson") =>
  handler(new Request("http://localhost/live", { headers: { accept } }));

async function firstOf(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  const text = new TextDecoder();
  let all = "";
  while (!all.includes("docs")) all += text.decode((await reader.read()).value, { stream: true });
  await reader.cancel();
  return all;
}

describe("what watch returns is kept to", () => {
  test.each(["application/x-ndjson", "text/event-stream"])("authorize, as %s", async (accept) => {
    const queries = { docs: sync.all(Doc) };
    const handler = syncHandler(sync, () => ({
      tenant,
      queries,
      authorize: { row: (row) => (row as Doc).owner === "me" },
    }));
    const text = await firstOf(await ask(handler, accept));
    expect(text).toContain("mine");
    expect(text).not.toContain("theirs");
  });

  test("delivery", async () => {
    const handler = watching({ tenant, queries: { docs: sync.all(Doc) }, delivery: "never" });
    await expect(ask(handler)).rejects.toThrow('There is no delivery policy "never"');
  });
});

describe("what nobody would keep to is refused, and nothing is sent", () => {
  const good = () => ({ tenant, queries: { docs: sync.all(Doc) } });
  test.each<[string, () => unknown, string]>([
    ["an unknown key", () => ({ ...good(), authorise: { row: () => false } }), '"authorise"'],
    ["another unknown key", () => ({ ...good(), resume: "x", signal: 1 }), '"resume", "signal"'],
    [
      "an authorize that is missing by mistake",
      () => ({ ...good(), authorize: undefined }),
      "authorize: undefined",
    ],
    ["an authorize without row", () => ({ ...good(), authorize: { rows: () => false } }), "with rows"],
    [
      "an authorize that is a function",
      () => ({ ...good(), authorize: () => false }),
      "without a function row",
    ],
    ["an authorize that is null", () => ({ ...good(), authorize: null }), "without a function row"],
    ["no tenant", () => ({ queries: good().queries }), "no tenant"],
    ["no queries", () => ({ tenant }), "no queries"],
    ["nothing", () => undefined, "returned undefined"],
    ["null", () => null, "returned null"],
  ])("%s", async (_, watched, said) => {
    const asked = ask(watching(watched()));
    await expect(asked).rejects.toMatchObject({ code: "invalid_options" });
    await expect(asked).rejects.toThrow(said);
    expect(sync.inspect().subscriptions).toBe(0);
  });

  test("already by the compiler", () => {
    // @ts-expect-error an unknown key
    syncHandler(sync, () => ({ tenant, queries: { docs: sync.all(Doc) }, authorise: { row: () => true } }));
    // @ts-expect-error a rule that is not one
    syncHandler(sync, () => ({ tenant, queries: { docs: sync.all(Doc) }, authorize: () => true }));
  });
});

test("a change of one number in a row of 50 kB is less than 500 bytes of the stream", async () => {
  @Schema("pages")
  class Page {
    @PrimaryKey("string") declare id: string;
    @Field("string") declare text: string;
    @Field("json") declare meta: { list: unknown[] };
    @Field("integer") declare n: number;
  }
  class Pages extends Migration {
    change() {
      return [create(metadata(Page))];
    }
  }
  const own = new Repo({ url: "memory:", storageId: "pages", migrations: [[1, Pages]] });
  const live = new Sync(own);
  try {
    const place = await Tenant.openEmpty(own, "web");
    const list = Array.from({ length: 500 }, (_, i) => ({ name: `part ${i}`, text: "y".repeat(40), n: i }));
    const page = await own.insert(
      Page,
      { id: "a", text: "x".repeat(20_000), meta: { list }, n: 1 },
      { tenant: place },
    );
    const handler = syncHandler(live, () => ({ tenant: place, queries: { pages: live.all(Page) } }));
    const response = await ask(handler, "text/event-stream");
    const reader = response.body!.getReader();
    let value: { pages?: Page[] } = {};
    const next = async () => {
      let text = "";
      while (!text.includes("event: sync")) text = new TextDecoder().decode((await reader.read()).value);
      const line = text.split("\n").find((each) => each.startsWith("data: "))!;
      value = foldTransition(value, decodeTransition(line.slice(6))) as typeof value;
      return text.length;
    };
    expect(await next()).toBeGreaterThan(50_000);
    await own.update(change(page, { n: 2 }));
    expect(await next()).toBeLessThan(500);
    const meta = { list: list.with(7, { ...list[7]!, n: 70_000 }) };
    await own.update(change((await own.get(Page, "a", { tenant: place }))!, { meta }));
    expect(await next()).toBeLessThan(500);
    expect(value.pages).toEqual([{ id: "a", text: "x".repeat(20_000), meta, n: 2 }]);
    await reader.cancel();
  } finally {
    await live.close();
    await own.close();
  }
});
