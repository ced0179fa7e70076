/** The transitions that a subscription tells: snapshots, changes, progress and status. */

import type { Change } from "./change.js";
import type { AnyLive, ChangeOf, Values } from "./live.js";

declare const cursorBrand: unique symbol;

/** A point in the life of a subscription: opaque text that `subscribe(…, { resume })` takes on any process. */
export type SyncCursor = string & { readonly [cursorBrand]: true };

/** A commit version of the store. Versions of one store are ordered; a read version stands for all commits up to it. */
export type Version = bigint;

export type SnapshotReason =
  | "initial"
  | "cursor-expired"
  | "schema-changed"
  | "overflow"
  | "params-changed"
  | "rights-changed";

export type SubscriptionState = "live" | "catching-up" | "polling" | "paused" | "stalled";

/** The labelled live queries of a subscription. */
export type Queries = { readonly [label: string]: AnyLive };

/** The whole value, when it cannot be told as a difference (`reason`). */
export interface SnapshotTransition<Q> {
  readonly type: "snapshot";
  readonly version: Version;
  readonly cursor: SyncCursor;
  readonly value: Values<Q>;
  /** The labels that are others than before: new in `value`, or, with `params-changed`, dropped and not in it. */
  readonly labels: readonly (keyof Q & string)[];
  readonly reason: SnapshotReason;
}

/** What became visible between `from` and `version`, for all labels together. */
export interface ChangeTransition<Q> {
  readonly type: "change";
  readonly version: Version;
  readonly from: Version;
  readonly cursor: SyncCursor;
  readonly changes: { readonly [L in keyof Q]?: readonly Change<ChangeOf<Q[L]>>[] };
  /** The values of the changed labels before. */
  readonly previous: { readonly [L in keyof Q]?: Values<Q>[L] };
  /** Commits that took part. */
  readonly commits: number;
}

/** Nothing changed up to `version`; the cursor can be kept. */
export interface ProgressTransition {
  readonly type: "progress";
  readonly version: Version;
  readonly cursor: SyncCursor;
}

/** The subscription goes on differently than before. */
export interface StatusTransition {
  readonly type: "status";
  readonly state: SubscriptionState;
}

export type Transition<Q> =
  | SnapshotTransition<Q>
  | ChangeTransition<Q>
  | ProgressTransition
  | StatusTransition;

/** A transition of a subscription whose labels are not known to the compiler. */
export type AnyTransition = Transition<Queries>;

/** One that says what is known at a version. */
export type VersionedTransition = Exclude<AnyTransition, StatusTransition>;
