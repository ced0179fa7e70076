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
  type LiveSpec,
  makeLive,
  partsOf,
  type ValueOf,
  type Values,
} from "./live.js";
export type {
  AnySubscription,
  Events,
  StreamFormat,
  Subscription,
  TransitionStream,
  Transitions,
} from "./subscription.js";
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
