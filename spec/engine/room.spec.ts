import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { writeRefusal } from "../../lib/engine/embedded/disk/room.js";

const folder = mkdtempSync(join(tmpdir(), "plinth-room-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const none = (): number => 0;

test("a write that is tried leaves the file as it was", () => {
  const path = join(folder, "file");
  writeFileSync(path, "as it was");
  expect(writeRefusal(path, [["key", Buffer.alloc(100_000)]], none, true)).toBeUndefined();
  expect(readFileSync(path, "utf8")).toBe("as it was");
});

test("a file that is gone is not asked for, and not made", () => {
  expect(writeRefusal(join(folder, "gone"), [], none, true)).toBeUndefined();
  expect(existsSync(join(folder, "gone"))).toBe(false);
});

const full = existsSync("/dev/full") ? test : test.skip;
full("a full disk refuses with the system's reason, however much of the file is free", () => {
  for (const free of [none, () => 1 << 30])
    expect(writeRefusal("/dev/full", [], free, true)).toMatchObject({ code: "ENOSPC" });
});
