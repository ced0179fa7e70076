import { type Changeset, change, InvalidChangesetError } from "../../changeset/index.js";
import { InvalidValueError, PlinthError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { defaultOf, hydrate, type SchemaInfo } from "../../schema/index.js";
import { asStored } from "./as-stored.js";

export type Values = Record<string, unknown>;
export type AnyChangeset<T extends object = object> = Changeset<T, never>;

/**
 * The record of an insert, as it will be stored: given values, defaults of fields that were never set (of `new Product()`),
 * a new id and the timestamps that are not set.
 *
 * @param changeset gets the errors; absent: one that is made for them
 * @throws InvalidChangesetError
 */
export function newRecord<T extends object>(
  info: SchemaInfo<T>,
  values: Readonly<Values>,
  changeset?: AnyChangeset<T>,
): T {
  const filled: Values = { ...values };
  for (const field of info.fields) {
    if (filled[field.name] === undefined) filled[field.name] = defaultOf(field);
    if (field.autogenerate === undefined || filled[field.name] !== null) continue;
    if (field.autogenerate === "id") filled[field.name] = field.type.autogenerate?.() ?? null;
    else filled[field.name] = now(info, field.name);
  }
  const record = hydrate(info, filled);
  try {
    asStored(info, record);
  } catch (error) {
    throw withFields(error, { info, values: record as Values, changeset, action: "insert" });
  }
  return record;
}

/** The present as the field's type keeps it. */
function now(info: SchemaInfo, field: string): unknown {
  const result = info.field(field).type.cast(new Date());
  return result.ok ? result.value : new Date();
}

/** What an update writes over the stored record: the changes, and the time of the change. */
export function updatedValues(info: SchemaInfo, changes: Readonly<Values>): Values {
  const values: Values = { ...changes };
  for (const field of info.fields) {
    if (field.autogenerate === "updatedAt" && !Object.hasOwn(changes, field.name))
      values[field.name] = now(info, field.name);
  }
  return values;
}

/** A write, as far as its values may be refused by the types of their fields. */
export interface Written<T extends object> {
  readonly info: SchemaInfo<T>;
  /** The fields that are written. */
  readonly values: Readonly<Values>;
  /** Gets the errors; absent: one that is made for them. */
  readonly changeset: AnyChangeset<T> | undefined;
  readonly action: "insert" | "update";
}

/** Turns a value that its field refuses into an error of the changeset. */
export async function withTypeErrors<T extends object, R>(
  written: Written<T>,
  write: () => Promise<R>,
): Promise<R> {
  try {
    return await write();
  } catch (error) {
    throw withFields(error, written);
  }
}

/** The error with every field that is refused marked in the changeset; another error as it is. */
function withFields<T extends object>(
  error: unknown,
  { info, values, changeset, action }: Written<T>,
): unknown {
  if (!(error instanceof InvalidValueError)) return error;
  let marked = (changeset ?? change(hydrate(info, values))) as unknown as Changeset<Values>;
  const before = marked.errors.length;
  for (const { name, type } of info.fields) {
    // The commit assigns it.
    if (name === info.primaryKey.name && layoutOf(info).isPending(values)) continue;
    try {
      type.dump(values[name]);
    } catch (refusal) {
      if (!(refusal instanceof PlinthError)) throw refusal;
      const meta = { validation: "cast", type: type.name, reason: refusal.message };
      marked = marked.addError(name, "is invalid", meta);
    }
  }
  return marked.errors.length === before
    ? error
    : new InvalidChangesetError(marked.putAction(action), action);
}

/** The changeset with its asynchronous rules decided. @throws InvalidChangesetError */
export async function validChangeset<T extends object>(
  changeset: Changeset<T>,
  action: string,
): Promise<Changeset<T>> {
  const decided = await changeset.validated();
  if (!decided.valid) throw new InvalidChangesetError(decided.putAction(action), action);
  return decided;
}
