export { type LateOptions, lateEngine } from "./late-engine.js";
export { type FaultCounts, type FaultOptions, someOfEverything } from "./options.js";
export { type FaultyEngine, withFaults } from "./with-faults.js";
