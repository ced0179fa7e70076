/** Reads stored values that a release may have written with another type: converted where nothing is lost, else refused. */

import type { CastResult } from "./field-type.js";
import { refuse } from "./outcome.js";

/** The value that the type's own cast makes of what is stored. Throws `InvalidValueError` when it makes none. */
export function converted<T>(cast: (value: unknown) => CastResult<T>, expected: string, stored: unknown): T {
  const result = cast(stored);
  return result.ok ? result.value : refuse(`${expected} (stored)`, stored);
}

export function storedText(stored: unknown): string {
  return typeof stored === "string" ? stored : refuse("text (stored)", stored);
}
