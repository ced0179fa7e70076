export { type BackupOptions, type BackupResult, backup } from "./backup.js";
export { restoreBackup } from "./restore.js";
export { type DamagedRow, type VerifyResult, verifyStore } from "./verify.js";
