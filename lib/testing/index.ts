export {
  type Mismatch,
  parseTraces,
  type ReplayOptions,
  type RunOptions,
  type RunSummary,
  replay,
  runTraces,
  type Step,
  type Trace,
} from "./conformance/index.js";
export { type EngineSuiteOptions, engineSuite, type Matchers, type Runner } from "./engine-suite/index.js";
export {
  type FaultCounts,
  type FaultOptions,
  type FaultyEngine,
  type LateOptions,
  lateEngine,
  someOfEverything,
  withFaults,
} from "./faults/index.js";
export { Sandbox, type SandboxOptions } from "./sandbox.js";
