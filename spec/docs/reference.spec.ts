import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  change,
  Field,
  from,
  InvalidOptionsError,
  InvalidQueryError,
  Multi,
  PlinthError,
  PrimaryKey,
  Query,
  Repo,
  Schema,
  Tenant,
} from "plinth";
import { causes } from "./errors-page.js";
import { blocksOf, proseOf, textOf } from "./page-programs.js";

const root = join(import.meta.dirname, "../..");

@Schema("notes")
class Note {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string | null;
}

const spansOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
const codeOf = (page: string): string => blocksOf(page).join("\n");

/** Names of a class's own and inherited members, without those that are marked as internal in the source. */
function membersOf(prototype: object, sources: readonly string[]): readonly string[] {
  const internal = new Set(
    sources.flatMap((file) =>
      [
        ...readFileSync(join(root, file), "utf8").matchAll(
          /\/\*\* @internal[^/]*\*\/\s+(?:static |async )*(\w+)/g,
        ),
      ].map(([, name]) => name!),
    ),
  );
  const names: string[] = [];
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    names.push(...Object.getOwnPropertyNames(at));
  return names.filter((name) => name !== "constructor" && !internal.has(name));
}

/** The code in the first cells of a page's tables: what each line is about. */
const subjectsOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, span]) => span!),
  );
const hasLine = (page: string) => (name: string) =>
  subjectsOf(page).some((subject) => subject === name || subject.startsWith(`${name}(`));

const repoMembers = membersOf(Repo.prototype, [
  "lib/repo/repo.ts",
  "lib/repo/read/repo-reads.ts",
  "lib/repo/write/repo-writes.ts",
]);
const queryMembers = membersOf(Query.prototype, ["lib/query/words/query.ts"]);
const multiMembers = [
  ...membersOf(Multi.prototype, ["lib/repo/multi.ts"]).filter((name) => name !== "execute"),
  ...Object.getOwnPropertyNames(Multi).filter((name) => typeof Reflect.get(Multi, name) === "function"),
];

/** The operators, as the refusal of an unknown one lists them. */
function operators(): readonly string[] {
  try {
    from(Note).where({ text: { nothing: 1 } } as never);
  } catch (error) {
    if (error instanceof InvalidQueryError)
      return /there are ([\w, ]+)\./.exec(error.message)?.[1]?.split(", ") ?? [];
  }
  return [];
}

describe("docs/repo.md", () => {
  test("has a line for every public member of a Repo", () => {
    expect(repoMembers.length).toBeGreaterThan(35);
    expect(repoMembers.filter((name) => !hasLine("docs/repo.md")(name))).toEqual([]);
    expect(proseOf("docs/repo.md")).toContain("`await using`");
  });

  test("shows every method of a Repo in a program", () => {
    const shown = repoMembers.filter((name) => name !== "metadata");
    expect(shown.filter((name) => !new RegExp(`\\.${name}\\b`).test(codeOf("docs/repo.md")))).toEqual([]);
  });

  test("has a line for every operation of a Multi", () => {
    expect(multiMembers.length).toBeGreaterThan(18);
    const lines = hasLine("docs/repo.md");
    expect(multiMembers.filter((name) => !lines(name) && !lines(`Multi.${name}`))).toEqual([]);
  });
});

describe("docs/query.md", () => {
  test("has a line for every method of a query, and shows it in a program", () => {
    expect(queryMembers.length).toBeGreaterThan(12);
    expect(queryMembers.filter((name) => !hasLine("docs/query.md")(name))).toEqual([]);
    expect(queryMembers.filter((name) => !codeOf("docs/query.md").includes(`.${name}(`))).toEqual([]);
  });

  test("has a line for every operator, and shows it in a program", () => {
    expect(operators().length).toBeGreaterThan(9);
    const all = [...operators(), "or"];
    const section = proseOf("docs/query.md").split("\n## Conditions\n")[1]!.split("\n## ")[0]!;
    expect(all.filter((name) => !new RegExp(`^\\| [^|]*\`${name}\``, "m").test(section))).toEqual([]);
    expect(all.filter((name) => !codeOf("docs/query.md").includes(`${name}: `))).toEqual([]);
  });
});

describe("options", () => {
  let repo: Repo;
  let tenant: Tenant;
  let note: Note;
  beforeAll(async () => {
    repo = new Repo({ url: "memory:", storageId: "reference" });
    tenant = await Tenant.openOrCreate(repo, "t");
    note = await repo.insert(Note, { id: "a" }, { tenant });
  });
  afterAll(() => repo.close());

  type Call = (options: never) => unknown;
  const calls: Readonly<Record<string, Call>> = {
    get: (o) => repo.get(Note, "a", o),
    getBy: (o) => repo.getBy(Note, { id: "a" }, o),
    one: (o) => repo.one(Note, o),
    all: (o) => repo.all(Note, o),
    allBy: (o) => repo.allBy(Note, { id: "a" }, o),
    allRange: (o) => repo.allRange(Note, null, null, o),
    page: (o) => repo.page(Note, o),
    stream: (o) => repo.stream(Note, o).next(),
    exists: (o) => repo.exists(Note, o),
    count: (o) => repo.count(Note, o),
    countBy: (o) => repo.countBy(Note, "text", o),
    aggregate: (o) => repo.aggregate(Note, "max", "id", o),
    explain: (o) => repo.explain(Note, o),
    reload: (o) => repo.reload(note, o),
    preload: (o) => repo.preload(note, [] as never, o),
    insert: (o) => repo.insert(Note, { id: "b" }, o),
    update: (o) => repo.update(change(note, { text: "x" }), o),
    insertOrUpdate: (o) => repo.insertOrUpdate(change(note, { text: "x" }), o),
    delete: (o) => repo.delete(note, o),
    deleteIfExists: (o) => repo.deleteIfExists(note, o),
    insertAll: (o) => repo.insertAll(Note, [], o),
    updateAll: (o) => repo.updateAll(Note, {}, o),
    deleteAll: (o) => repo.deleteAll(Note, o),
    transactional: (o) => repo.transactional(tenant, () => 1, o),
    transact: (o) => repo.transact(tenant, () => 1, o),
    "new Repo": (o) => new Repo(o),
  };

  test.each(Object.keys(calls))("docs/repo.md names every option of %s", async (name) => {
    const error: unknown = await Promise.resolve()
      .then(() => calls[name]!({ nothing: 1 } as never))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidOptionsError);
    const taken = /it takes ([\w, ]+)\./.exec((error as PlinthError).message)?.[1]?.split(", ") ?? [];
    expect(taken.length).toBeGreaterThan(0);
    const own = spansOf("docs/repo.md").filter((span) => span.startsWith(`${name}(`));
    const shared = proseOf("docs/repo.md").split("\n## What every call takes\n")[1]!.split("\n## ")[0]!;
    const described = (option: string) =>
      (!name.startsWith("new ") && name !== "transactional" && shared.includes(`\n| \`${option}\` |`)) ||
      own.some((span) => new RegExp(`\\b${option}\\b`).test(span)) ||
      (own.every((span) => !span.includes("{")) && proseOf("docs/repo.md").includes(`\n| \`${option}\` |`));
    expect(taken.filter((option) => !described(option))).toEqual([]);
  });
});

describe.each(["docs/repo.md", "docs/query.md", "docs/errors.md"])("%s", (page) => {
  test("names codes that exist, and costs that are counted", () => {
    const codes = new Set(causes().map(({ code }) => code));
    const named = spansOf(page).filter((span) => /^[a-z]+(?:_[a-z]+)+$/.test(span));
    expect(named.filter((code) => !codes.has(code))).toEqual([]);
    const rows = new Set([...textOf("docs/operations.md").matchAll(/^\| (.+?) \|/gm)].map(([, row]) => row!));
    const costs = [...proseOf(page).matchAll(/\[([^\]]+)\]\(operations\.md\)/g)].map(([, cost]) =>
      cost!.replaceAll(/\s+/g, " "),
    );
    expect(costs.filter((cost) => cost !== "operations" && !rows.has(cost))).toEqual([]);
  });

  test("leads to pages and headings that are there", () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-");
    const links = [...proseOf(page).matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => {
      const [file, anchor] = link.split("#") as [string, string | undefined];
      const target = file === "" ? page : `docs/${file}`;
      if (!existsSync(join(root, target))) return true;
      const headings = [...textOf(target).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading!));
      return anchor !== undefined && !headings.includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});
