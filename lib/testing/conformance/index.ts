export { type ReplayOptions, replay } from "./replay.js";
export { type RunOptions, type RunSummary, runTraces } from "./run-traces.js";
export { type Mismatch, parseTraces, type Step, type Trace } from "./trace.js";
