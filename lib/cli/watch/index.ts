export { consumerLines, lookAtConsumers } from "./consumers.js";
export { fetchInspection, inspectionLines } from "./inspection.js";
export { LogWatch, logLines } from "./logs.js";
