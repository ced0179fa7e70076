export { guarded, type Rights } from "./guarded.js";
export { liveAll, liveCount, liveEach, liveMany, liveOne, liveSignal } from "./live-queries.js";
