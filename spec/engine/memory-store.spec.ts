import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { bundle } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-memory-spec-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a process with a memory store in `folder` and ends it with a signal. */
async function ended(signal: NodeJS.Signals): Promise<void> {
  const program = await bundle(join(import.meta.dirname, "children/memory.ts"));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.once("data", () => child.kill(signal));
  await new Promise((resolve) => child.on("close", resolve));
}

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "a memory store leaves nothing behind after %s",
  async (signal) => {
    await ended(signal);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test("folders of processes that are gone are removed, others stay", async () => {
  // No process has the number: it is beyond what systems hand out.
  for (const name of ["plinth-memory-4999999-abc", `plinth-memory-${process.pid}-def`, "plinth-other"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "data.mdb"), "");
  }
  await ended("SIGTERM");
  expect(readdirSync(folder).sort()).toEqual([`plinth-memory-${process.pid}-def`, "plinth-other"]);
});
