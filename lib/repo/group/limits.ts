/** The bounds of a group: how many transactions it holds, how much they write, and how long it runs. */

/** Transactions in one commit at most. */
export const MEMBERS = 256;
/** Bytes written after which a group is committed; a tenth of what a transaction may hold. */
export const BYTES = 1_000_000;
/** Milliseconds after which a group begins no other transaction: of waiting, and in all. */
export const RUNNING_MS = 250;
export const RUNNING_MS_IN_ALL = 1_000;
/** Milliseconds that a transaction may keep a record for itself, or a group waiting, before it has written. */
export const UNPROVEN_MS = 50;
/** Milliseconds that a transaction may keep a record that it writes. */
export const WRITING_MS = 250;
