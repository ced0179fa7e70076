export type { Batch, BatchChange } from "./batch.js";
export { type BatchHandler, type ConsumeOptions, Consumer } from "./consumer.js";
export { readConsumers } from "./consumer-state.js";
