/** Leaves out of a write what its fields do not let the Repo write, and says so. */

import { NotWritableError } from "../../errors.js";
import type { FieldInfo, SchemaInfo } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import type { Values } from "./values.js";

/**
 * The changes of an update without those of fields that an update does not write.
 *
 * @throws NotWritableError for a field whose `onViolation` is "raise"
 */
export function writableChanges(
  session: Session,
  info: SchemaInfo,
  changes: Readonly<Values>,
): Readonly<Values> {
  const refused = guarded(info).filter(({ name }) => Object.hasOwn(changes, name));
  if (refused.length === 0) return changes;
  const kept: Values = { ...changes };
  for (const field of refused) {
    delete kept[field.name];
    tell(session, info, field, "update");
  }
  return kept;
}

/** Empties the fields of a new record that are never written. @throws NotWritableError */
export function keepUnwritten(session: Session, info: SchemaInfo, record: Values): void {
  for (const field of guarded(info)) {
    if (field.writable !== "never" || (record[field.name] ?? null) === null) continue;
    tell(session, info, field, "insert");
    record[field.name] = null;
  }
}

const guardedFields = new WeakMap<SchemaInfo, readonly FieldInfo[]>();

/** The fields that are not always written. */
export function guarded(info: SchemaInfo): readonly FieldInfo[] {
  let fields = guardedFields.get(info);
  if (fields === undefined) {
    fields = info.fields.filter(({ writable }) => writable !== "always");
    guardedFields.set(info, fields);
  }
  return fields;
}

function tell(session: Session, info: SchemaInfo, field: FieldInfo, action: "insert" | "update"): void {
  const { name, writable, onViolation } = field;
  if (onViolation === "ignore") return;
  const message =
    `${info.name}.${name} is writable "${writable}", so an ${action} does not write it. Leave it out of the changes; ` +
    'to have it left out silently, declare it with { onViolation: "ignore" }.';
  if (onViolation === "raise") throw new NotWritableError(message);
  session.warn({ tenant: session.tenant.id, schema: info.name, field: name }, message);
}
