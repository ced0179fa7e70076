/** The early look whether unique values are taken, for forms; only the constraint decides. */

import { ChangesetError } from "../../errors.js";
import type { SchemaClass } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type ChangesetState, currentValue, fieldError, withErrors } from "../state/index.js";
import { noteValidation } from "./validate-change.js";

/** Options of `unsafeValidateUnique`. */
export interface UnsafeUniqueOptions {
  /** Default: the transaction around the call, or the tenant of the record. */
  readonly tenant?: Tenant;
  /** Default "has already been taken". */
  readonly message?: string;
  /** The field that gets the error; default: the first field. */
  readonly errorKey?: string;
  /** Further conditions, such as those of a partial unique index. Default: none. */
  readonly where?: object;
}

/** What is asked of a Repo: whether another record than `except` meets the conditions. */
export interface UniqueLookup {
  /** @internal */
  isTaken(
    schema: SchemaClass<object>,
    where: object,
    options: { readonly except: object; readonly tenant?: Tenant | undefined },
  ): Promise<boolean>;
}

/**
 * Looks only when it can matter: when a field changes, none is empty and none has an error.
 *
 * @throws UnsupportedQueryError without an index on the fields
 */
export async function unsafeValidateUnique(
  state: ChangesetState,
  fields: readonly string[],
  repo: UniqueLookup,
  { tenant, message = "has already been taken", errorKey, where = {} }: UnsafeUniqueOptions,
): Promise<ChangesetState> {
  const { info } = state.fields;
  const [first] = fields;
  if (first === undefined || info === undefined) {
    throw new ChangesetError(
      'unsafeValidateUnique() needs a field of a schema: await changeset.unsafeValidateUnique("email", repo).',
    );
  }
  for (const field of fields) state.fields.field(field);
  const values = fields.map((field) => [field, currentValue(state, field) ?? null] as const);
  const noted = noteValidation(state, first, "unsafeUnique", { fields: Object.freeze([...fields]) });
  const matters =
    fields.some((field) => Object.hasOwn(state.changes, field)) &&
    values.every(([, value]) => value !== null) &&
    !state.errors.some(({ field }) => fields.includes(field));
  if (!matters) return noted;
  const conditions = Object.fromEntries(values.map(([field, eq]) => [field, { eq }]));
  const asked = { ...where, ...conditions };
  const taken = await repo.isTaken(info.schema, asked, { except: state.data, tenant });
  if (!taken) return noted;
  const meta = { validation: "unsafeUnique", fields: Object.freeze([...fields]) };
  return withErrors(noted, [fieldError(errorKey ?? first, message, meta)]);
}
