export type { Batch, BatchChange, BatchHandler } from "./batch.js";
export { type ConsumeOptions, Consumer } from "./consumer.js";
export { readConsumers } from "./consumer-state.js";
