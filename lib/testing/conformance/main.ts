#!/usr/bin/env node
/** `npm run conformance -- [--url URL] FILE...`: replays recorded traces of a cluster, gzipped ones too, and prints what differs. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { openEngine } from "../../engine/index.js";
import { runTraces } from "./run-traces.js";
import { parseTraces } from "./trace.js";

const { values, positionals } = parseArgs({
  options: { url: { type: "string", default: "memory:" } },
  allowPositionals: true,
});
if (positionals.length === 0) {
  console.error("usage: npm run conformance -- [--url URL] FILE...");
  process.exit(2);
}
const textOf = (file: string): string => {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
};
const traces = positionals.flatMap((file) => parseTraces(textOf(file)));
const cluster = values.url.startsWith("fdb:");
const { passed, failed, mismatches } = await runTraces(traces, () => openEngine(values.url), {
  watchPauseMs: cluster ? 120 : 20,
  jobs: values.url === "memory:" ? 16 : 1,
});
for (const { trace, step, operation, expected, got } of mismatches) {
  console.log(`${trace} step ${step}: ${operation}`);
  console.log(`  expected ${JSON.stringify(expected)}`);
  console.log(`  got      ${JSON.stringify(got)}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
