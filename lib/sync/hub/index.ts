export { SyncHub } from "./hub.js";
export type { Percentiles } from "./latencies.js";
export { MoveRequest } from "./request.js";
export { TenantHub } from "./tenant-hub.js";
export { Tick } from "./tick.js";
