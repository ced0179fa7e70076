/** What the owner of a store and those who share it say to each other. */

/** Both sides speak it, or none: builds of one release share a store. */
export const PROTOCOL = 1;

/** Options that a client asks for, which the owner's store has to have or to get. */
export interface AskedOptions {
  readonly durability?: "sync" | "relaxed";
  readonly maxWatches?: number;
  readonly checkConflicts?: boolean;
  /** Whatever writes is refused. */
  readonly readOnly?: boolean;
}

/** Of the lives of the store: encoded, the newest commit that its open found, whether one has begun since. */
export type SentLives = readonly [lives: Uint8Array, found: number, begun: boolean];

/** Operations that nobody waits for. */
export const told = [
  "set",
  "clear",
  "clearRange",
  "atomic",
  "addReadConflictRange",
  "addWriteConflictRange",
  "setReadVersion",
  "setOption",
  "reset",
] as const;
export type Told = (typeof told)[number];

/** Operations with an answer. */
export const asked = [
  "get",
  "getKey",
  "getRange",
  "getReadVersion",
  "getVersionstamp",
  "getApproximateSize",
  "getEstimatedRangeSizeBytes",
  "getRangeSplitPoints",
  "commit",
  "onError",
] as const;
export type Asked = (typeof asked)[number];
