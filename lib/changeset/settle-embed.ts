/** Sets an embed by records, attributes or input so that exactly what differs from the stored one is a change. */

import { detached, hydrate, isSchema, schemaOf } from "../schema/index.js";
import { readField } from "./relation/index.js";
import {
  type ChangesetState,
  dataValue,
  deleteChange,
  forceChange,
  hasValue,
  nestedIn,
} from "./state/index.js";

type Values = Record<string, unknown>;

/**
 * A copy of what is given for an embed, which nobody else can change in place. Records that the data holds already
 * stay themselves: they are known by identity.
 */
export function ownEmbed(state: ChangesetState, name: string, value: unknown): unknown {
  const current = dataValue(state, name);
  const present: readonly unknown[] = Array.isArray(current) ? current : [current];
  const own = (item: unknown) => (present.includes(item) ? item : ownRecords(item));
  return Array.isArray(value) ? value.map(own) : own(value);
}

/** Records with fields of their own, those of the records inside them as well. */
export function ownRecords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ownRecords);
  if (typeof value !== "object" || value === null) return value;
  const schema: unknown = (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
  if (!isSchema(schema)) return detached(value);
  const info = schemaOf(schema);
  const values: Values = {};
  for (const { name } of info.allFields) {
    const field = (value as Values)[name];
    values[name] = info.hasEmbed(name) ? ownRecords(field) : detached(field);
  }
  return hydrate(info, values);
}

/**
 * Follows the embed of `next`, which the given state has become by setting it. Records without keys that say what is
 * stored are no change; one that was changed in place, so that its own changeset sees none, makes the embed a change.
 */
export function settleEmbed(next: ChangesetState, name: string): ChangesetState {
  const change = next.changes[name];
  if (next.errors.some(({ field }) => field === name) || nestedIn(change).some(({ valid }) => !valid)) {
    return next;
  }
  const value = readField(next, name);
  if (hasValue(next, name, value)) return deleteChange(next, name);
  return Object.hasOwn(next.changes, name) ? next : forceChange(next, name, ownRecords(value));
}
