export { advanceEngine } from "./advance-engine.js";
export {
  type BackupOptions,
  type BackupResult,
  type DamagedRow,
  restoreBackup,
  type VerifyResult,
  verifyStore,
} from "./backup/index.js";
export { backupEngine } from "./backup-engine.js";
export { type EmbeddedOptions, openEmbedded, openMemory, openReadOnly } from "./open-embedded.js";
export { SharedEngine } from "./shared-engine.js";
export { statEngine } from "./stat-engine.js";
export { recoverStore as recoverEmbedded, type StoreRecovery } from "./store/index.js";
export type { StoreStat } from "./store-stat.js";
