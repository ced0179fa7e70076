export { type FaultCounts, type FaultOptions, someOfEverything } from "./fault-options.js";
export { type FaultyEngine, withFaults } from "./with-faults.js";
