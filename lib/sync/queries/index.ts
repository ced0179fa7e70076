export { guarded } from "./guarded.js";
export { liveAll, liveCount, liveEach, liveMany, liveOne, liveSignal } from "./live-queries.js";
