export {
  type InspectedFeed,
  type InspectedQuery,
  type InspectedReader,
  type InspectedTotals,
  type Inspection,
  type InspectOptions,
  inspectHub,
} from "./inspect.js";
export { inspectionJson, type ServedInspection } from "./inspection-json.js";
