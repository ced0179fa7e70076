/** One error of a changeset, with its message made from a template. */

import { showValue } from "../../schema/index.js";

/** One error of a changeset. */
export interface FieldError<Field extends string = string> {
  /** The field, relation or embed; "base" when it is about the whole record. */
  readonly field: Field;
  /** Reads on from the field's name: "can't be blank". */
  readonly message: string;
  /** `validation` (or `constraint`) says which rule failed; the rest are its parameters, for translations. */
  readonly meta: Readonly<Record<string, unknown>>;
}

export type Meta = Readonly<Record<string, unknown>>;

/** An error; `%{name}` in the message is replaced by that value of `meta`. */
export function fieldError(field: string, message: string, meta: Meta = {}): FieldError {
  const text = message.replace(/%\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(meta, name) ? textOf(meta[name]) : placeholder,
  );
  return Object.freeze({ field, message: text, meta: Object.freeze({ ...meta }) });
}

/** A value inside a message; an object might be the sender's, and run code of its own when it is made text. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  return typeof value === "object" ? showValue(value) : String(value);
}
