/** The transitions that a subscription tells: snapshots, changes, progress and status. */

import type { Change } from "./change.js";
import type { AnyLive, ChangeOf, Values } from "./live.js";

declare const cursorBrand: unique symbol;

/** A point in the life of a subscription: opaque text that `subscribe(…, { resume })` takes on any process. */
export type SyncCursor = string & { readonly [cursorBrand]: true };

/** A commit version of the store. Versions of one store are ordered; a read version stands for all commits up to it. */
export type Version = bigint;

/**
 * Why a snapshot is told in place of a difference: the beginning, or what kept the difference from being told
 * (docs/sync.md).
 */
export type SnapshotReason =
  | "initial"
  | "cursor-expired"
  | "schema-changed"
  | "overflow"
  | "params-changed"
  | "rights-changed";

/**
 * How a subscription goes on: `"polling"` while watches are refused, `"catching-up"` after much has happened, `"stalled"`
 * while the store cannot be read.
 */
export type SubscriptionState = "live" | "catching-up" | "polling" | "paused" | "stalled";

/** The labelled live queries of a subscription. */
export type Queries = { readonly [label: string]: AnyLive };

/** The whole value, when it cannot be told as a difference (`reason`). */
export interface SnapshotTransition<Q> {
  /** Tells it from the other transitions. */
  readonly type: "snapshot";
  /** All commits up to this version are in `value`. */
  readonly version: Version;
  /** Where a later `subscribe(…, { resume })` goes on from. */
  readonly cursor: SyncCursor;
  /** The values of all labels. */
  readonly value: Values<Q>;
  /** The labels that are others than before: new in `value`, or, with `params-changed`, dropped and not in it. */
  readonly labels: readonly (keyof Q & string)[];
  /** Why it is no difference. */
  readonly reason: SnapshotReason;
}

/** What became visible between `from` and `version`, for all labels together. */
export interface ChangeTransition<Q> {
  /** Tells it from the other transitions. */
  readonly type: "change";
  /** All commits up to this version are in the value once the changes are applied. */
  readonly version: Version;
  /** The version of the transition before. */
  readonly from: Version;
  /** Where a later `subscribe(…, { resume })` goes on from. */
  readonly cursor: SyncCursor;
  /** The changes of each label that moved, in order. */
  readonly changes: { readonly [L in keyof Q]?: readonly Change<ChangeOf<Q[L]>>[] };
  /** The values of the changed labels before. */
  readonly previous: { readonly [L in keyof Q]?: Values<Q>[L] };
  /** Commits that took part. */
  readonly commits: number;
}

/** Nothing changed up to `version`; the cursor can be kept. */
export interface ProgressTransition {
  /** Tells it from the other transitions. */
  readonly type: "progress";
  /** All commits up to this version are in the value. */
  readonly version: Version;
  /** Where a later `subscribe(…, { resume })` goes on from. */
  readonly cursor: SyncCursor;
}

/** The subscription goes on differently than before. */
export interface StatusTransition {
  /** Tells it from the other transitions. */
  readonly type: "status";
  /** How it goes on from here. */
  readonly state: SubscriptionState;
}

/** What a subscription tells: the whole value, a difference, that nothing changed, or that it goes on differently. */
export type Transition<Q> =
  | SnapshotTransition<Q>
  | ChangeTransition<Q>
  | ProgressTransition
  | StatusTransition;

/** A transition of a subscription whose labels are not known to the compiler. */
export type AnyTransition = Transition<Queries>;

/** One that says what is known at a version. */
export type VersionedTransition = Exclude<AnyTransition, StatusTransition>;
