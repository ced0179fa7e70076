export { inspectHub } from "./inspect-hub.js";
export type {
  InspectedFeed,
  InspectedQuery,
  InspectedReader,
  InspectedTotals,
  Inspection,
  InspectOptions,
} from "./inspection.js";
export { inspectionJson, type ServedInspection } from "./inspection-json.js";
