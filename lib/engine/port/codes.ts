/** FoundationDB's numbers of the atomic operations and of the streaming modes. */

/** Atomic operations, by FoundationDB's numbers. */
export const MutationType = {
  add: 2,
  and: 6,
  or: 7,
  xor: 8,
  appendIfFits: 9,
  max: 12,
  min: 13,
  setVersionstampedKey: 14,
  setVersionstampedValue: 15,
  byteMin: 16,
  byteMax: 17,
  compareAndClear: 20,
} as const;
export type MutationType = (typeof MutationType)[keyof typeof MutationType];

/** How much a range read fetches a batch, by FoundationDB's numbers. */
export const StreamingMode = {
  wantAll: -2,
  iterator: -1,
  exact: 0,
  small: 1,
  medium: 2,
  large: 3,
  serial: 4,
} as const;
export type StreamingMode = (typeof StreamingMode)[keyof typeof StreamingMode];
