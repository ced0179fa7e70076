export type { CommitRequest } from "./commit-request.js";
export { openMemoryStore } from "./memory-store.js";
export type { StoreSettings } from "./open-folder.js";
export { recoverStore, type StoreRecovery } from "./recover-store.js";
export { type AskedSettings, openStore, type SharedStore } from "./shared-store.js";
export { Store } from "./store.js";
export type { SnapshotRow, StoreSnapshot } from "./store-snapshot.js";
export { EmbeddedWatch } from "./watches.js";
