export {
  applyChanges,
  type Change,
  type DeleteChange,
  type InsertChange,
  type UpdateChange,
} from "./change.js";
export {
  type Action,
  type Allow,
  type AnyLive,
  type ChangeOf,
  isLive,
  type Live,
  type LiveKind,
  type LiveParts,
  type LiveSpec,
  partsOf,
  type ValueOf,
  type Values,
} from "./live.js";
export { guarded, liveAll, liveCount, liveEach, liveMany, liveOne, liveSignal } from "./live-queries.js";
export { positiveMs } from "./positive-ms.js";
export type { AnySubscription, Events, StreamFormat, Subscription } from "./subscription.js";
export type {
  AnyTransition,
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
  VersionedTransition,
} from "./transition.js";
export { Unresumable } from "./unresumable.js";
