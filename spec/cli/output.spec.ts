import { describe, expect, test } from "@jest/globals";
import { toJsonLine } from "../../lib/cli/output/json.js";
import { bytes, duration, plural } from "../../lib/cli/output/numbers.js";
import { openOutput } from "../../lib/cli/output/open-output.js";
import type { Output } from "../../lib/cli/output/output.js";
import { tableLines } from "../../lib/cli/output/table.js";
import { Kept } from "./support/run.js";

function setup(kind: "terminal" | "plain" | "json") {
  const stdout = new Kept(kind === "terminal");
  const stderr = new Kept(kind === "terminal");
  const clock = { ms: 0 };
  const environment = {
    stdout,
    stderr,
    stdin: process.stdin,
    env: { NO_COLOR: "1" },
    cwd: "/",
    now: () => clock.ms,
  };
  return { out: openOutput(environment, kind === "json"), stdout, stderr, clock };
}

function work(out: Output, clock: { ms: number }, steps: number, eachMs: number): void {
  const progress = out.progress("building", "rows");
  for (let step = 1; step <= steps; step++) {
    clock.ms += eachMs;
    progress.update({ done: step * 1_000, total: steps * 1_000 });
  }
  progress.end();
  progress.update({ done: 0 });
  progress.end();
}

describe("progress", () => {
  test("is a line every two seconds in a pipe, on stderr, and always the last state", () => {
    const { out, stdout, stderr, clock } = setup("plain");
    work(out, clock, 10, 500);
    expect(stdout.text).toBe("");
    expect(stderr.text.trimEnd().split("\n")).toEqual([
      "building  4,000 of 10,000 rows (40 %)  2,000 rows/s  3.0 s left",
      "building  8,000 of 10,000 rows (80 %)  2,000 rows/s  1.0 s left",
      "building  10,000 of 10,000 rows (100 %)  2,000 rows/s",
    ]);
  });

  test("is a bar that redraws itself on a terminal, with lines printed above it", () => {
    const { out, stdout, stderr, clock } = setup("terminal");
    const progress = out.progress("building", "rows");
    clock.ms = 200;
    progress.update({ done: 1, total: 4, detail: "acme" });
    out.line("acme is done");
    clock.ms = 400;
    progress.update({ done: 4, total: 4 });
    progress.end();
    out.line("all done");
    const quarter = `building  [${"█".repeat(6)}${"░".repeat(18)}]  1 of 4 rows (25 %)  acme`;
    const full = `building  [${"█".repeat(24)}]  4 of 4 rows (100 %)`;
    const erase = "\r\u001b[2K";
    expect(stderr.text).toBe(`${erase}${quarter}${erase}${quarter}${erase}${full}\n`);
    expect(stdout.text).toBe("acme is done\nall done\n");
  });

  test("never wraps a terminal's line", () => {
    const { out, stderr, clock } = setup("terminal");
    const progress = out.progress("building", "rows");
    clock.ms = 200;
    progress.update({ done: 1, total: 4, detail: "x".repeat(300) });
    expect(stderr.text.replace("\r\u001b[2K", "")).toHaveLength(99);
  });

  test("is JSON with --json", () => {
    const { out, stdout, stderr, clock } = setup("json");
    work(out, clock, 2, 600);
    expect(stdout.text).toBe("");
    const [line] = stderr.text
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text) as object);
    expect(line).toEqual({
      progress: { label: "building", unit: "rows", done: 2_000, total: 2_000, elapsedMs: 1_200 },
    });
  });

  test("of something short is not shown at all", () => {
    for (const kind of ["plain", "json", "terminal"] as const) {
      const { out, stderr, clock } = setup(kind);
      work(out, clock, 2, 40);
      expect(stderr.text).toBe("");
    }
  });

  test("without a total shows no share", () => {
    const { out, stderr, clock } = setup("plain");
    const progress = out.progress("exporting", "records");
    clock.ms = 2_000;
    progress.update({ done: 5 });
    expect(stderr.text).toBe("exporting  5 records  2.5 records/s\n");
  });
});

describe("results", () => {
  test("are shown to people or to programs, never both", () => {
    const plain = setup("plain");
    plain.out.line("text");
    plain.out.result({ a: 1 });
    expect(plain.stdout.text).toBe("text\n");
    const json = setup("json");
    json.out.line("text");
    json.out.table([{ title: "a" }], [["1"]]);
    json.out.result({ a: 1n, b: Buffer.from("hi"), c: new Uint8Array([1]), d: new Map([["x", 1]]) });
    expect(json.stdout.text).toBe('{"a":"1","b":"aGk=","c":"AQ==","d":{"x":1}}\n');
  });

  test("in tables line up, numbers to the right", () => {
    const rows = [
      ["acme", "1,204"],
      ["globex corporation", "7"],
    ];
    expect(tableLines([{ title: "tenant" }, { title: "rows", align: "right" }], rows)).toEqual([
      "tenant               rows",
      "acme                1,204",
      "globex corporation      7",
    ]);
  });

  test("nobody is asked outside of a terminal", async () => {
    expect(await setup("plain").out.ask("Delete?")).toBeUndefined();
    expect(await setup("json").out.ask("Delete?")).toBeUndefined();
  });
});

test("numbers read well", () => {
  expect([plural(1, "rows"), plural(2, "rows"), plural(1, "indexes"), plural(1, "queries")]).toEqual([
    "1 row",
    "2 rows",
    "1 index",
    "1 query",
  ]);
  expect([duration(999), duration(1_500), duration(61_000), duration(7_260_000)]).toEqual([
    "999 ms",
    "1.5 s",
    "1 min 1 s",
    "2 h 1 min",
  ]);
  expect([bytes(999), bytes(1_500), bytes(2_000_000)]).toEqual(["999 B", "1.5 kB", "2.0 MB"]);
  expect(toJsonLine({ undefined: undefined })).toBe("{}");
});

describe("frames", () => {
  test("are redrawn in place on a terminal, and cut to its window", () => {
    const { out, stdout } = setup("terminal");
    out.frame(["a", "b"]);
    out.frame(Array.from({ length: 40 }, (_, n) => `line ${n}`));
    const [first, second] = stdout.text.split("\u001b[J").slice(1);
    expect(first).toBe("a\nb\n\u001b[2A");
    expect(second?.split("\n")).toHaveLength(24);
    expect(second).toMatch(/…\n$/);
  });

  test("follow each other in a pipe, and are nothing for programs", () => {
    const plain = setup("plain");
    plain.out.frame(["a"]);
    plain.out.frame(["b"]);
    expect(plain.stdout.text).toBe("a\nb\n");
    const json = setup("json");
    json.out.frame(["a"]);
    expect(json.stdout.text).toBe("");
  });
});
