export type { Percentiles } from "./latencies.js";
export { MoveRequest } from "./move-request.js";
export { SyncHub } from "./sync-hub.js";
export type { TenantHub } from "./tenant-hub.js";
