import { spawn } from "node:child_process";
import { expect, test } from "@jest/globals";
import { bundle } from "../engine/support.js";

/** Closing ends everything: no call hangs, no rejection is left to nobody, and nothing keeps the process alive. */
test("in the middle of everything ends every call with an error of its own, and lets the process end", async () => {
  const file = await bundle("spec/laws/children/closing.ts");
  const { lines, errors, code, signal } = await run(file, 25_000);
  expect(errors).toBe("");
  expect([code, signal]).toEqual([0, null]);
  expect(lines.length).toBe(7);
  for (const line of lines) {
    expect(JSON.parse(line)).toEqual({ name: expect.any(String), hangs: [], strange: [], unhandled: [] });
  }
});

interface Ended {
  readonly lines: readonly string[];
  readonly errors: string;
  readonly code: number | null;
  /** Set when the child had to be killed. */
  readonly signal: string | null;
}

function run(file: string, limitMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--no-warnings", file], { stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].on("data", (chunk: Buffer) => {
        output[name] += chunk.toString();
      });
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ lines: output.stdout.split("\n").filter(Boolean), errors: output.stderr, code, signal });
    });
  });
}
