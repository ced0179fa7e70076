export { showDetails, showOverview } from "./show-status.js";
export { type TenantStatus, tenantStatus } from "./tenant-status.js";
