export { requireApplicationKeys } from "./application-keys.js";
export { applicationRanges } from "./content-ranges.js";
export { type CopyState, refuseCopied } from "./copy-state.js";
export { clearedKey, importKey, isReserved, space, versionKey } from "./keys.js";
export { bumpMetadataVersion, metadataVersionKey } from "./metadata-version.js";
export { type OpenOptions, Tenant, type TenantHost } from "./tenant.js";
export { TenantStore } from "./tenant-store.js";
export {
  bumpTenantVersion,
  noteCopyState,
  parseTenantVersion,
  type TenantVersion,
  tenantGone,
} from "./tenant-version.js";
export { noteImport, readUnfinishedImport, type UnfinishedImport } from "./unfinished-import.js";
export { writeStamp } from "./write-stamp.js";
