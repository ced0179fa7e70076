import { spawn } from "node:child_process";

/** When a program is killed. */
export interface Kill {
  /** What a line begins with that counts. */
  readonly line: string;
  /** How many of them, at least. */
  readonly count: number;
  /** Milliseconds after the last of them. */
  readonly afterMs: number;
}

/**
 * Runs a program with one argument, kills it with SIGKILL, and gives the lines that it printed whole.
 *
 * @throws when the program ends by itself
 */
export function runAndKill(file: string, argument: unknown, kill: Kill): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, JSON.stringify(argument)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    let rest = "";
    let errors = "";
    let left = kill.count;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      // A line that the kill cuts off was not said.
      rest = parts.pop()!;
      lines.push(...parts);
      if (left <= 0) return;
      left -= parts.filter((line) => line.startsWith(kill.line)).length;
      if (left <= 0) setTimeout(() => child.kill("SIGKILL"), kill.afterMs);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve(lines);
      else reject(new Error(`The child ended by itself (${code ?? signal}): ${errors}`));
    });
  });
}
