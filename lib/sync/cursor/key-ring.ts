/** The keys that cursors of a store are signed with, as pure steps of a state that all its processes share. */

import { randomBytes } from "node:crypto";

/** A key, by the text that cursors name it with. */
export interface CursorKey {
  /** 4 bytes in hexadecimal digits. */
  readonly id: string;
  /** 32 random bytes in hexadecimal digits. */
  readonly secret: string;
  /** Until when cursors of a key that was replaced are good (milliseconds since 1970); absent of the one that signs. */
  readonly untilMs?: number;
}

/** The first one signs. */
export interface KeyRing {
  readonly keys: readonly [CursorKey, ...CursorKey[]];
}

const newKey = (): CursorKey => ({
  id: randomBytes(4).toString("hex"),
  secret: randomBytes(32).toString("hex"),
});

export const newRing = (): KeyRing => ({ keys: [newKey()] });

/**
 * A ring whose first key is new. Cursors of the keys before stay good for `keepMs`, those of keys that were replaced
 * before for as long as they were promised; 0 refuses all of them at once.
 */
export function rotated(ring: KeyRing | undefined, nowMs: number, keepMs: number): KeyRing {
  const until = nowMs + keepMs;
  const before = (ring?.keys ?? []).map((key) => ({
    ...key,
    untilMs: Math.min(key.untilMs ?? until, until),
  }));
  return { keys: [newKey(), ...before.filter((key) => key.untilMs > nowMs)] };
}

/** The key that a cursor names, while it is good. */
export const keyOf = (ring: KeyRing, id: string, nowMs: number): CursorKey | undefined =>
  ring.keys.find((key) => key.id === id && (key.untilMs ?? Number.POSITIVE_INFINITY) > nowMs);
