export { type EmbeddedOptions, openEmbedded, openMemory } from "./open-embedded.js";
export { recoverStore as recoverEmbedded, type StoreRecovery } from "./store/index.js";
