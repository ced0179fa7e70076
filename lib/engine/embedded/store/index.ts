export { openMemoryStore, openStore, type SharedStore, type StoreSettings } from "./open-stores.js";
export { type CommitRequest, Store } from "./store.js";
export { EmbeddedWatch } from "./watches.js";
