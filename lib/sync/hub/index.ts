export { hubOfRepo } from "./hub-of-repo.js";
export type { Percentiles } from "./latencies.js";
export { MoveRequest } from "./move-request.js";
export type { Rewound } from "./rewinds.js";
export type { SyncHub } from "./sync-hub.js";
export type { TenantHub } from "./tenant-hub.js";
