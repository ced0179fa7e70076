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
export { type EmbeddedOptions, openEmbedded, openMemory } from "./open-embedded.js";
export { SharedEngine } from "./shared-engine.js";
export { recoverStore as recoverEmbedded, type StoreRecovery } from "./store/index.js";
