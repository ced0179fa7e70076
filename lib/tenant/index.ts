export type { TenantHost } from "./host.js";
export { clearedKey, isReserved, space, versionKey } from "./keys.js";
export { TenantStore } from "./store.js";
export { Tenant } from "./tenant.js";
export {
  bumpMetadataVersion,
  bumpTenantVersion,
  metadataVersionKey,
  parseTenantVersion,
  type TenantVersion,
  tenantGone,
  writeStamp,
} from "./version.js";
