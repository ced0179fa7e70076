export { guarded, type Rights } from "./guarded.js";
export { liveAll, liveCount, liveEach, liveMany, liveOne, liveSignal, liveSum } from "./live-queries.js";
