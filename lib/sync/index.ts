export {
  type Batch,
  type BatchChange,
  type BatchHandler,
  type ConsumeOptions,
  readConsumers,
} from "./consumer/index.js";
export { rotateCursorKeys } from "./cursor/index.js";
export type { Percentiles } from "./hub/index.js";
export {
  type InspectedFeed,
  type InspectedQuery,
  type InspectedReader,
  type InspectedTotals,
  type Inspection,
  type InspectOptions,
  inspectionJson,
  type ServedInspection,
} from "./inspect/index.js";
export {
  type Action,
  type Allow,
  applyChanges,
  type Change,
  type ChangeOf,
  type ChangeTransition,
  type DeleteChange,
  type Events,
  type InsertChange,
  type Live,
  type LiveKind,
  type ProgressTransition,
  type Queries,
  type SnapshotReason,
  type SnapshotTransition,
  type StatusTransition,
  type StreamFormat,
  type Subscription,
  type SubscriptionState,
  type SyncCursor,
  type Transition,
  type TransitionStream,
  type Transitions,
  type UpdateChange,
  type ValueOf,
  type Values,
  type Version,
} from "./live/index.js";
export type { FeedState } from "./node/index.js";
export {
  type Authorize,
  type Budget,
  type Delivery,
  encodeEvent,
  encodeTransition,
  type OverflowPolicy,
  type SubscribeOptions,
} from "./subscription/index.js";
export { type LiveOptions, Sync, type SyncOptions } from "./sync.js";
