/** Commits rows one after the other on a disk that refuses some calls, and prints what became of each of them. */
import fs, { readdirSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "../../../lib/engine/index.js";

interface Task {
  readonly path: string;
  /** The call that fails, on files of this name, after so many that succeed, so often, with this reason. */
  readonly call: "flush" | "fsyncSync" | "writeSync";
  readonly file: string;
  readonly after: number;
  readonly times: number;
  readonly errno: string;
  /** A write takes so many bytes before it fails. */
  readonly short?: number;
  /** Flushes take long enough to be left to another thread. */
  readonly slow?: boolean;
  readonly commits: number;
  readonly bytes: number;
  readonly close: boolean;
}

const task = JSON.parse(process.argv[2]!) as Task;
const names = new Map<number, string>();
let armed = false;
let seen = 0;
let failed = 0;
const refusal = (name: string, file: number): Error | undefined => {
  if (!armed || name !== task.call || names.get(file) !== task.file) return undefined;
  if (seen++ < task.after || failed >= task.times) return undefined;
  failed++;
  return Object.assign(new Error(`${task.errno}: refused, ${name}`), { code: task.errno });
};

const real = { ...fs };
fs.openSync = ((path: string, ...rest: [string, number]) => {
  const file = real.openSync(path, ...rest);
  names.set(file, basename(path));
  return file;
}) as typeof fs.openSync;
fs.writeSync = ((file: number, bytes: Uint8Array, offset: number, length: number, at: number) => {
  const error = refusal("writeSync", file);
  if (error === undefined) return real.writeSync(file, bytes, offset, length, at);
  if (task.short !== undefined) real.writeSync(file, bytes, offset, Math.min(task.short, length), at);
  throw error;
}) as typeof fs.writeSync;
for (const name of ["fdatasyncSync", "fsyncSync"] as const)
  fs[name] = (file) => {
    const until = performance.now() + (task.slow === true ? 12 : 0);
    while (performance.now() < until);
    const error = refusal(name === "fdatasyncSync" ? "flush" : name, file);
    if (error !== undefined) throw error;
    real[name](file);
  };
fs.fdatasync = ((file: number, done: (error: Error | null) => void) => {
  const error = refusal("flush", file);
  if (error === undefined) real.fdatasync(file, done as never);
  else setImmediate(() => done(error));
}) as typeof fs.fdatasync;
syncBuiltinESMExports();

const unhandled: string[] = [];
process.on("unhandledRejection", (error) => unhandled.push(String(error)));
const { openEngine } = await import("../../../lib/engine/index.js");
const engine: Engine = await openEngine(`embedded:${task.path}`);
const outcomes: Record<string, string> = {};
const put = async (key: string): Promise<void> => {
  try {
    const tx = engine.begin();
    tx.set(Buffer.from(key), Buffer.alloc(task.bytes, "x"));
    await tx.commit();
    outcomes[key] = "acknowledged";
  } catch (error) {
    const { code, cause } = error as { code: string; cause?: { code?: string; errno?: string } };
    outcomes[key] = cause?.errno === undefined ? code : `${code} ${cause.errno}`;
  }
};
const open = (): number => {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
};
armed = true;
/** What is held, not what waits for the collector. */
function heapNow(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
const before = { descriptors: open(), heap: 0 };
for (let i = 0; i < task.commits; i++) {
  if (i === 100) before.heap = heapNow();
  // Under one key while everything is refused, so that what is told stays short.
  await put(
    task.times > 1000 && failed > 0 && failed < task.times ? "refused" : `k${String(i).padStart(3, "0")}`,
  );
}
const after = { descriptors: open(), heap: heapNow() };
armed = false;
// What the store needs to come round: it tries its data file again after a second.
for (let i = 0; i < 40 && outcomes.last !== "acknowledged"; i++) {
  await put("last");
  if (outcomes.last !== "acknowledged") await sleep(100);
}
if (task.close) await engine.close();
const leaked = { descriptors: after.descriptors - before.descriptors, bytes: after.heap - before.heap };
writeSync(1, JSON.stringify({ outcomes, failed, unhandled, leaked }));
process.kill(process.pid, "SIGKILL");
