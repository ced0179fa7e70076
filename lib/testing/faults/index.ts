export { type FaultCounts, type FaultOptions, someOfEverything } from "./options.js";
export { type FaultyEngine, withFaults } from "./with-faults.js";
