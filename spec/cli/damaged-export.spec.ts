import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { checkExport } from "../../lib/cli/transfer/check-export.js";
import { ImportError } from "../../lib/errors.js";
import type { Repo } from "../../lib/repo/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { contents } from "./support/contents.js";
import { inFolder, plinth } from "./support/run.js";
import { fill, openRepo, Review, schemas } from "./support/shop.js";

const signal = new AbortController().signal;
let repo: Repo;
/** 16 records and keys of an application; and 250 more records, so that there are checksums between the lines. */
let short: string;
let long: string;

beforeAll(async () => {
  repo = openRepo();
  const config = { repo, schemas };
  const small = await Tenant.openOrCreate(repo, "small");
  await repo.insertAll(
    Review,
    [1, 2, 3].map((score) => ({ id: `r${score}`, productId: `ümlaut "${score}"`, score })),
    { tenant: small },
  );
  const tx = (await repo.engine()).begin();
  tx.set(small.pack(["settings", 1]), Buffer.from("on"));
  await tx.commit();
  short = (await plinth(["export", "small"], { config })).stdout;
  await fill(repo, "acme", 250);
  long = (await plinth(["export", "acme"], { config })).stdout;
});
afterAll(() => repo.close());

/** Every fourth place is damaged; `PLINTH_EVERY=1` damages each. */
const every = Number(process.env.PLINTH_EVERY ?? 4);

const check = (text: string) =>
  checkExport(linesOf(text), {
    schemas: new Map(),
    registered: undefined,
    signal,
    onProgress: () => undefined,
  });

async function* linesOf(text: string): AsyncGenerator<string> {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  yield* lines;
}

/** Every text that was taken for whole, by what was done to it. */
async function accepted(texts: Iterable<readonly [string, string]>): Promise<string[]> {
  const found: string[] = [];
  for (const [what, text] of texts) {
    const error = await check(text).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) found.push(what);
    else if (!(error instanceof ImportError)) throw error;
  }
  return found;
}

describe("a file is found to be damaged", () => {
  test("when any one of its characters is another", async () => {
    const changed = [...short].flatMap((_, at) => {
      if (at % every > 0) return [];
      const was = short.codePointAt(at) as number;
      return [at % 2 === 0 ? was ^ 1 : was ^ 0x20, 0x22].flatMap((code) =>
        code === was
          ? []
          : [
              [
                `${at}: ${String.fromCharCode(was)} to ${String.fromCharCode(code)}`,
                short.slice(0, at) + String.fromCharCode(code) + short.slice(at + 1),
              ] as const,
            ],
      );
    });
    expect(changed.length).toBeGreaterThan((1.5 * short.length) / every);
    expect(await accepted(changed)).toEqual([]);
  });

  test("when it is cut off anywhere but at its last line feed", async () => {
    const cut = [...short].map((_, at) => [String(at), short.slice(0, at)] as const);
    expect(await accepted(cut)).toEqual([String(short.length - 1)]);
  });

  test("when a character is missing or doubled", async () => {
    const changed = [...short]
      .slice(0, -1)
      .flatMap((_, at) =>
        at % every > 0
          ? []
          : [
              [`without ${at}`, short.slice(0, at) + short.slice(at + 1)] as const,
              [`twice ${at}`, short.slice(0, at) + short[at] + short.slice(at)] as const,
            ],
      );
    // An empty line, or a line feed behind the end, says nothing.
    const harmless = [...short].flatMap((one, at) => (one === "\n" ? [`twice ${at}`] : [])).slice(0, -1);
    expect((await accepted(changed)).filter((what) => !harmless.includes(what))).toEqual([]);
  });

  test("when a line is missing, doubled, in another place or takes another's", async () => {
    const lines = long.trimEnd().split("\n");
    const without = (at: number): string[] => [...lines.slice(0, at), ...lines.slice(at + 1)];
    const changed = lines.flatMap((line, at) => {
      if (at % every > 0) return [];
      const next = (at + 1) % lines.length;
      const swapped = [...lines];
      [swapped[at], swapped[next]] = [lines[next] as string, line];
      const replaced = [...lines];
      replaced[at] = lines[next] as string;
      return [
        [`without ${at}`, without(at).join("\n")] as const,
        [`twice ${at}`, [...lines.slice(0, at), line, ...lines.slice(at)].join("\n")] as const,
        [`swapped ${at}`, swapped.join("\n")] as const,
        [`replaced ${at}`, replaced.join("\n")] as const,
      ];
    });
    expect(await accepted(changed)).toEqual([]);
  });

  test("when blocks are lost whole, or come from another file", async () => {
    const lines = long.trimEnd().split("\n");
    const sums = lines.flatMap((line, at) => (/"sum":/.test(line) ? [at] : []));
    expect(sums).toEqual([99, 199]);
    const other = long.replace('"tenant":"acme"', '"tenant":"other"').trimEnd().split("\n");
    expect(
      await accepted([
        ["lost", [...lines.slice(0, 100), ...lines.slice(200)].join("\n")],
        ["head of another", [other[0], ...lines.slice(1)].join("\n")],
        ["two", long + long],
        ["two without a header between", long + long.slice(long.indexOf("\n") + 1)],
        ["halves of two", [...lines.slice(0, 130), ...short.split("\n").slice(2)].join("\n")],
      ]),
    ).toEqual([]);
  });

  test("and the damage is named to within a hundred lines, before the rest is read", async () => {
    const lines = long.trimEnd().split("\n");
    lines[150] = (lines[150] as string).replace(/"score":\d/, '"score":9');
    let taken = 0;
    const counting = async function* () {
      for (const line of lines) {
        taken++;
        yield line;
      }
    };
    await expect(
      checkExport(counting(), {
        schemas: new Map(),
        registered: undefined,
        signal,
        onProgress: () => undefined,
      }),
    ).rejects.toThrow(/Line 101 to line 200/);
    expect(taken).toBe(200);
  });

  test.each([
    ["no tenant", (h: Header) => delete h.tenant],
    ["no indexes", (h: Header) => delete h.indexes],
    ["no migrations", (h: Header) => delete h.migrations],
    ["no time", (h: Header) => delete h.exportedAt],
    ["a registration that is no base64", (h: Header) => edit(h, "indexes", { registration: "%%%" })],
    ["a registration of another codec", (h: Header) => edit(h, "indexes", { registration: "CQ==" })],
    ["an index of another kind", (h: Header) => edit(h, "indexes", { kind: "counter" })],
    ["an index on other fields", (h: Header) => edit(h, "indexes", { fields: ["other"] })],
    ["a version that is text", (h: Header) => edit(h, "migrations", { version: "1" })],
    ["a version that is a fraction", (h: Header) => edit(h, "migrations", { version: 1.5 })],
    ["a version that is negative", (h: Header) => edit(h, "migrations", { version: -1 })],
    ["a version twice", (h: Header) => edit(h, "migrations", { version: 2 })],
    ["a note that is no base64", (h: Header) => edit(h, "migrations", { value: "!" })],
    ["a format of somebody else", (h: Header) => Object.assign(h, { format: "other" })],
    ["an older version", (h: Header) => Object.assign(h, { version: 1 })],
    ["a version of the format that is text", (h: Header) => Object.assign(h, { version: "2" })],
  ])("when its header has %s", async (_what, change) => {
    const [first, ...rest] = long.split("\n");
    const header = JSON.parse(first as string) as Header;
    change(header);
    await expect(check([JSON.stringify(header), ...rest].join("\n"))).rejects.toThrow(ImportError);
    await expect(check([JSON.stringify(header), ...rest].join("\n"))).rejects.not.toThrow(/checksum/);
  });
});

type Header = Record<string, unknown>;
function edit(header: Header, list: string, change: object): void {
  Object.assign((header[list] as object[])[0] as object, change);
}

describe("a file is whole", () => {
  test("with line feeds as Windows writes them, a byte order mark, or a line feed less or more at its end", async () => {
    const texts = [
      long.replaceAll("\n", "\r\n"),
      `\ufeff${long}`,
      `\ufeff${long.replaceAll("\n", "\r\n")}`,
      long.trimEnd(),
      `${long}\n\n`,
    ];
    for (const text of texts) expect(await check(text)).toMatchObject({ rows: 254, keys: 0 });
  });
});

describe("an import of a damaged file changes nothing", () => {
  const damaged: readonly (readonly [string, () => string, RegExp])[] = [
    ["cut off", () => long.slice(0, long.length / 2), /cut off|no JSON/],
    ["with a value changed", () => long.replace('"score":1', '"score":7'), /checksum/],
    ["joined from two", () => long + long, /joined/],
    ["of another format", () => "id,name\n1,a\n", /no JSON|no header/],
    ["empty", () => "", /empty/],
  ];

  test.each(damaged)("%s, into a tenant with records, from a stream", async (_what, text, says) => {
    const config = { repo, schemas };
    const before = await contents(repo, "small");
    for (const flags of [["--replace", "--yes"], ["--merge"]]) {
      const ran = await plinth(["import", "small", ...flags], { config, stdin: text() });
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(says);
      expect(ran.stderr).toContain("import_refused");
    }
    expect(await contents(repo, "small")).toEqual(before);
    expect((await Tenant.open(repo, "small")).id).toBe("small");
  });

  test.each(damaged)("%s, into no tenant, from a file", (_what, text) =>
    inFolder(async (cwd) => {
      const { writeFile } = await import("node:fs/promises");
      await writeFile(`${cwd}/bad.jsonl`, text());
      const ran = await plinth(["import", "fresh", "-i", "bad.jsonl"], { config: { repo, schemas }, cwd });
      expect(ran.code).toBe(1);
      expect(await Tenant.exists(repo, "fresh")).toBe(false);
    }),
  );

  test.each([
    ["compressed", () => gzipSync(long), /compressed.*gunzip/],
    ["in UTF-16", () => Buffer.from(`\ufeff${long}`, "utf16le"), /UTF-16/],
    ["in UTF-16 without a mark", () => Buffer.from(long, "utf16le"), /UTF-16/],
    ["in Latin-1", () => Buffer.from(short, "latin1"), /checksum|are not as exported/],
    ["a folder", () => undefined, /cannot be read/],
  ])("that is %s is named as such", (_what, bytes, says) =>
    inFolder(async (cwd) => {
      const { writeFile } = await import("node:fs/promises");
      const given = bytes();
      if (given !== undefined) await writeFile(`${cwd}/bad.jsonl`, given);
      const args = ["import", "fresh", "-i", given === undefined ? "." : "bad.jsonl"];
      const ran = await plinth(args, { config: { repo, schemas }, cwd });
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(says);
      expect(await Tenant.exists(repo, "fresh")).toBe(false);
    }),
  );
});
