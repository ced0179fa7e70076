/** What types answer with: a cast that went well, one that failed, or the refusal of a value; and how they read what is stored. */

import { InvalidValueError } from "../../errors.js";
import type { CastResult } from "./field-type.js";
import { showValue } from "./show-value.js";

export function ok<T>(value: T): CastResult<T> {
  return { ok: true, value };
}

/** The outcome of a cast that failed; the message reads on from the field's name. */
export function invalid(
  message = "is invalid",
  meta?: Readonly<Record<string, unknown>>,
): { readonly ok: false; readonly message: string; readonly meta?: Readonly<Record<string, unknown>> } {
  return meta === undefined ? { ok: false, message } : { ok: false, message, meta };
}

/** Throws for a value that a type cannot hold. The field's bound type adds class, field and value. */
export function refuse(expected: string, value: unknown): never {
  throw new InvalidValueError(`expected ${expected}, got ${showValue(value)}`);
}

/** The value that the type's own cast makes of what is stored. Throws `InvalidValueError` when it makes none. */
export function converted<T>(cast: (value: unknown) => CastResult<T>, expected: string, stored: unknown): T {
  const result = cast(stored);
  return result.ok ? result.value : refuse(`${expected} (stored)`, stored);
}

export function storedText(stored: unknown): string {
  return typeof stored === "string" ? stored : refuse("text (stored)", stored);
}
