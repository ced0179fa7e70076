export { requireApplicationKeys } from "./application-keys.js";
export { applicationRanges } from "./content-ranges.js";
export { clearedKey, isReserved, space, versionKey } from "./keys.js";
export { bumpMetadataVersion, metadataVersionKey } from "./metadata-version.js";
export { Tenant, type TenantHost } from "./tenant.js";
export { TenantStore } from "./tenant-store.js";
export { bumpTenantVersion, parseTenantVersion, type TenantVersion, tenantGone } from "./tenant-version.js";
export { noteImport, readUnfinishedImport, type UnfinishedImport } from "./unfinished-import.js";
export { writeStamp } from "./write-stamp.js";
