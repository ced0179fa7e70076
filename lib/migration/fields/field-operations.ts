/** Copies, renames and deletes a field in all records of a source. */

import { transact } from "../../engine/index.js";
import { MigrationError } from "../../errors.js";
import {
  createContext,
  layoutOf,
  metadataOf,
  type StoredKey,
  sameStored,
  storedKey,
  type UnknownFields,
} from "../../layer/index.js";
import { type FieldKey, type SchemaClass, type SchemaInfo, schemaOf } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { MigrationHost } from "../run/index.js";
import { type FieldOperationOptions, type FieldOperationResult, rewriteAll } from "./rewrite-records.js";

/**
 * Copies one field to another wherever it has a value and the other differs. Runs in many transactions beside
 * writers; when it is interrupted, the same call goes on where it was. Indexes are kept in step.
 *
 * @example await copyField(repo, tenant, User, "name", "fullName");
 * @throws MigrationError when a field is unknown
 */
export async function copyField<T extends object>(
  host: MigrationHost,
  tenant: Tenant,
  schema: SchemaClass<T>,
  from: FieldKey<T>,
  to: FieldKey<T>,
  options?: FieldOperationOptions,
): Promise<FieldOperationResult> {
  const info = schemaOf(schema) as unknown as SchemaInfo;
  const source = storedKey(fieldOf(info, from));
  const target = fieldOf(info, to);
  refuseKey(info, to);
  return rewriteAll(host, tenant, options, {
    info,
    name: `copy ${from} ${to}`,
    plan: (row) =>
      row.values(source) === null || sameStored(row.values(source), row.values(storedKey(target)))
        ? undefined
        : { record: (record) => withValue(record, to, target.type.load(target.type.dump(record[from]))) },
  });
}

/**
 * Moves the stored values of a field that the schema no longer has to one that it has, where that has none yet. A
 * field with a `tag` needs no such thing: it can be renamed in the schema alone.
 *
 * @example await renameField(repo, tenant, User, "nick", "nickname"); // the schema declares nickname, not nick
 * @throws MigrationError when the schema still has the old field, or an index uses it
 */
export async function renameField<T extends object>(
  host: MigrationHost,
  tenant: Tenant,
  schema: SchemaClass<T>,
  from: string | number,
  to: FieldKey<T>,
  options?: FieldOperationOptions,
): Promise<FieldOperationResult> {
  const info = schemaOf(schema) as unknown as SchemaInfo;
  const target = fieldOf(info, to);
  refuseKey(info, to);
  await refuseUsed(host, tenant, info, from);
  return rewriteAll(host, tenant, options, {
    info,
    name: `rename ${from} ${to}`,
    plan: ({ unknown }) => {
      const value = unknown.get(from);
      if (value === undefined) return undefined;
      return {
        record: (record) =>
          record[to] === null && value !== null ? { ...record, [to]: target.type.load(value) } : record,
        unknown: (fields) => without(fields, from),
      };
    },
  });
}

/**
 * Removes the stored values of a field that the schema no longer has.
 *
 * @example await deleteField(repo, tenant, User, "nick");
 * @throws MigrationError when the schema still has the field, or an index uses it
 */
export async function deleteField<T extends object>(
  host: MigrationHost,
  tenant: Tenant,
  schema: SchemaClass<T>,
  field: string | number,
  options?: FieldOperationOptions,
): Promise<FieldOperationResult> {
  const info = schemaOf(schema) as unknown as SchemaInfo;
  await refuseUsed(host, tenant, info, field);
  return rewriteAll(host, tenant, options, {
    info,
    name: `delete ${field}`,
    plan: ({ unknown }) =>
      unknown.has(field)
        ? { record: (record) => record, unknown: (fields) => without(fields, field) }
        : undefined,
  });
}

function withValue(record: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  return Object.assign(Object.create(Object.getPrototypeOf(record)), record, { [name]: value });
}

function without(fields: UnknownFields, key: StoredKey): UnknownFields {
  const rest = new Map(fields);
  rest.delete(key);
  return rest;
}

function fieldOf(info: SchemaInfo, name: string) {
  if (info.hasField(name) && !info.field(name).virtual) return info.field(name);
  throw new MigrationError(
    `${info.name} has no stored field "${name}"; declare it before moving values to or from it.`,
  );
}

function refuseKey(info: SchemaInfo, name: string): void {
  if (!layoutOf(info).keyFields.some((field) => field.name === name)) return;
  throw new MigrationError(`${info.name}.${name} is part of the record's key and cannot be overwritten.`);
}

/** A field that goes must be gone from the schema and from every index. */
async function refuseUsed(
  host: MigrationHost,
  tenant: Tenant,
  info: SchemaInfo,
  stored: StoredKey,
): Promise<void> {
  const name = layoutOf(info).nameOf(stored);
  if (name !== undefined) {
    throw new MigrationError(
      `${info.name} still declares ${name} (stored as "${stored}"); remove the field from the class first, ` +
        "else running processes would write it again.",
    );
  }
  const engine = await host.engine();
  const { indexes } = await transact(engine, (tx) =>
    metadataOf(createContext(tx, tenant, host.metadata), info.source),
  );
  const user = indexes.find((index) => {
    const conditions = (index.where ?? []).map((condition) => condition.stored);
    return [...index.stored, ...index.includeStored, ...conditions].includes(stored);
  });
  if (user === undefined) return;
  throw new MigrationError(
    `The field "${stored}" was found on the index "${user.name}" of tenant ${JSON.stringify(tenant.id)}; ` +
      `drop that first: drop(index("${info.source}", [${user.fields.map((field) => `"${field}"`).join(", ")}])).`,
  );
}
