/** Masks the redacted fields of a record in logs and wherever Node prints it. */

import { type InspectOptions, inspect } from "node:util";
import type { SchemaInfo } from "../definition/index.js";

export const REDACTED = "**redacted**";

/** A copy of a record's own fields in which redacted ones are masked. */
export function redactedFields(info: SchemaInfo, record: object): Record<string, unknown> {
  // Properties are copied as they are: an id that the commit has yet to assign throws when it is read.
  const shown = Object.create(null, Object.getOwnPropertyDescriptors(record)) as Record<string, unknown>;
  for (const { name } of info.redactedFields) {
    const property = Object.getOwnPropertyDescriptor(shown, name);
    if (property !== undefined && property.value !== null) {
      Object.defineProperty(shown, name, { value: REDACTED, enumerable: true });
    }
  }
  return Object.setPrototypeOf(shown, Object.prototype) as Record<string, unknown>;
}

/** Masks redacted fields wherever Node prints a record of this schema; nothing enumerable is added to it. */
export function redactInspection(info: SchemaInfo): void {
  if (info.redactedFields.length === 0) return;
  const prototype = info.schema.prototype as object;
  if (Object.hasOwn(prototype, inspect.custom)) return;
  Object.defineProperty(prototype, inspect.custom, {
    value(this: object, depth: number, options: InspectOptions): string {
      if (depth < 0) return `[${info.name}]`;
      const nested = {
        ...options,
        depth: options.depth === null || options.depth === undefined ? null : depth,
      };
      return `${info.name} ${inspect(redactedFields(info, this), nested)}`;
    },
    enumerable: false,
    configurable: true,
    writable: true,
  });
}
