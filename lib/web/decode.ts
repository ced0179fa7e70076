/** Reads transitions from the text that a server sends, and folds them into a value. */

import type { AnyTransition } from "../sync/live/index.js";
import { type Decoded, decodeTransition, foldTransition as fold } from "../wire/read/index.js";

export { type Decoded, decodeTransition };

type Value = Readonly<Record<string, unknown>>;

/**
 * The value after a transition, of the wire or of a subscription here; the same object when nothing changed.
 *
 * @example
 * let value = {};
 * for (const text of texts) value = foldTransition(value, decodeTransition(text));
 * @throws RangeError for a change that does not follow the value
 */
export const foldTransition = (value: Value, transition: Decoded | AnyTransition): Value =>
  fold(value, transition as Decoded);
