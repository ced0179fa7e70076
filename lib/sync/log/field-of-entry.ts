/** Tells one field of a log entry, of a row that as a whole cannot be loaded. */

import { type LogEntry, layoutOf } from "../../layer/index.js";
import { encodingOf } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { latin1 } from "./row-key.js";

/**
 * The field as the bytes of a key element.
 *
 * @param values the stored values before the change, or those after it
 * @returns undefined where it is not known, or is the one that cannot be loaded
 */
export function fieldOfEntry(
  info: SchemaInfo,
  entry: LogEntry,
  values: NonNullable<LogEntry["old"]>,
  name: string,
): string | undefined {
  const { body, keyFields } = layoutOf(info);
  try {
    const at = keyFields.findIndex((field) => field.name === name && field.fromKey);
    if (at >= 0) {
      const value = info.field(name).type.fromKey?.(entry.pk[at]!);
      return latin1(encodingOf(info, name).bytes(value));
    }
    const column = body.find((field) => field.name === name);
    if (column === undefined) return undefined;
    const key = String(column.key);
    // With an image all fields are told that are not null.
    const stored = Object.hasOwn(values, key) ? values[key]! : absent(entry, values);
    if (stored === undefined) return undefined;
    const value = stored === null ? null : info.field(name).type.load(stored);
    return latin1(encodingOf(info, name).bytes(value));
  } catch {
    return undefined;
  }
}

const absent = ({ image, old }: LogEntry, values: object): null | undefined =>
  image === null || values === old ? undefined : null;
