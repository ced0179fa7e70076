export type { Batch, BatchChange } from "./batch.js";
export type { Budget, OverflowPolicy } from "./buffer.js";
export {
  applyChanges,
  type Change,
  type DeleteChange,
  type InsertChange,
  type UpdateChange,
} from "./change.js";
export type { BatchHandler, ConsumeOptions } from "./consumer.js";
export type { FeedState } from "./feed.js";
export type {
  InspectedFeed,
  InspectedQuery,
  InspectedReader,
  InspectedTotals,
  Inspection,
  InspectOptions,
} from "./inspect.js";
export { inspectionJson, type ServedInspection } from "./inspection-json.js";
export type { Percentiles } from "./latencies.js";
export type { Action, Allow, ChangeOf, Live, LiveKind, ValueOf, Values } from "./live.js";
export type { Authorize, Delivery, SubscribeOptions } from "./subscribe.js";
export type { Events, StreamFormat, Subscription } from "./subscription.js";
export { type LiveOptions, Sync, type SyncOptions } from "./sync.js";
export type {
  ChangeTransition,
  ProgressTransition,
  Queries,
  SnapshotReason,
  SnapshotTransition,
  StatusTransition,
  SubscriptionState,
  SyncCursor,
  Transition,
  Version,
} from "./transition.js";
