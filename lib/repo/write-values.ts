import { type Changeset, change, InvalidChangesetError } from "../changeset/index.js";
import { InvalidValueError, PlinthError } from "../errors.js";
import { hydrate, type SchemaInfo } from "../schema/index.js";

export type Values = Record<string, unknown>;
export type AnyChangeset<T extends object = object> = Changeset<T, never>;

/** The record of an insert: given values, a new id and the timestamps that are not set. */
export function newRecord<T extends object>(info: SchemaInfo<T>, values: Readonly<Values>): T {
  const filled: Values = { ...values };
  for (const field of info.fields) {
    if (field.autogenerate === undefined || (filled[field.name] ?? null) !== null) continue;
    if (field.autogenerate === "id") filled[field.name] = field.type.autogenerate?.() ?? null;
    else filled[field.name] = now(info, field.name);
  }
  return hydrate(info, filled);
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

/** A changeset that marks every field whose value its type refuses. */
export function invalidTypes<T extends object>(
  info: SchemaInfo<T>,
  record: T,
  action: string,
): InvalidChangesetError {
  let changeset = change(record) as unknown as Changeset<Values>;
  for (const { name, type } of info.fields) {
    try {
      type.dump((record as Values)[name]);
    } catch (error) {
      if (!(error instanceof PlinthError)) throw error;
      changeset = changeset.addError(name, "is invalid", {
        validation: "cast",
        type: type.name,
        reason: error.message,
      });
    }
  }
  return new InvalidChangesetError(changeset.putAction(action), action);
}

/** Turns a value that its field refuses into an error of the changeset. */
export async function withTypeErrors<T extends object, R>(
  info: SchemaInfo<T>,
  record: T,
  action: string,
  write: () => Promise<R>,
): Promise<R> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    const invalid = invalidTypes(info, record, action);
    if ((invalid.changeset as Changeset<Values>).errors.length === 0) throw error;
    throw invalid;
  }
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
