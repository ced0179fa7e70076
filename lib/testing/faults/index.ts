export { type FaultCounts, type FaultOptions, someOfEverything } from "./fault-options.js";
export { type LateOptions, lateEngine } from "./late-engine.js";
export { type FaultyEngine, withFaults } from "./with-faults.js";
