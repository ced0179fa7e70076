export { type EmbeddedOptions, openEmbedded, openMemory } from "./open-embedded.js";
