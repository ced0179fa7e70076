import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { bundle } from "../engine/support.js";

const kills = Number(process.env.PLINTH_KILLS ?? 4);

/** Runs the child until some time after its first word, kills it, and gives the lines that it printed whole. */
function runAndKill(file: string, args: readonly string[], afterMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (output === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on("close", (_code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`The child ended by itself: ${errors}`));
      else resolve(output.slice(0, output.lastIndexOf("\n")).split("\n"));
    });
  });
}

test(
  "a reader that is killed and goes on in another process misses nothing and sees nothing twice",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-kill-"));
    try {
      const file = await bundle("spec/sync/kill-child.ts");
      let last = "-";
      let transitions = 0;
      for (let i = 0; i <= kills; i++) {
        const lines = await runAndKill(file, [`embedded:${join(folder, "store")}`, last], 50 + (i % 7) * 30);
        expect(lines.filter((line) => line.includes('"bad"'))).toEqual([]);
        transitions += lines.length;
        last = lines.at(-1)!;
      }
      expect(transitions).toBeGreaterThan(kills * 2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  30_000 + kills * 3_000,
);
