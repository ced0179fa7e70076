/** Options of relations that say which related records there are, in which order, and what new ones begin with. */

import { SchemaError } from "../../errors.js";
import type { AssociationDefaults, FieldKey, PreloadOrderTerm } from "../definition/index.js";
import { isPlainObject, showValue } from "../types/index.js";
import { fieldNames } from "./relation-options.js";

/** Conditions by field, as `.where()` of a query takes them: values and operators. */
export type RelationWhere<U> = {
  readonly [K in FieldKey<U>]?: U[K] | { readonly [operator: string]: unknown };
};

type OrderByField<U> = { readonly [K in FieldKey<U>]?: "asc" | "desc" };

/** A field (ascending), directions by field, or a list of either. */
export type PreloadOrder<U> = FieldKey<U> | OrderByField<U> | readonly (FieldKey<U> | OrderByField<U>)[];

/** Values by field. */
export type RelationValues<U> = { readonly [K in FieldKey<U>]?: U[K] };

/** What relations with keys have in common. */
export interface RelatedOptions<U = object> {
  /**
   * Only records that meet these conditions are related: they are preloaded and found by `assoc`. `onDelete` and constraints
   * go by the key alone; `defaults` makes new records meet them.
   */
  readonly where?: RelationWhere<U>;
  /** Values of new related records that do not say otherwise, or a function of what they say and of this record. */
  readonly defaults?: RelationValues<U> | ((given: RelationValues<U>, owner: never) => RelationValues<U>);
}

/** What relations to many have besides. */
export interface OrderedOptions<U = object> {
  /** The order in which they are preloaded, unless a query has one of its own. */
  readonly preloadOrder?: PreloadOrder<U>;
}

interface Checked {
  readonly where: Readonly<Record<string, unknown>> | undefined;
  readonly preloadOrder: readonly PreloadOrderTerm[] | undefined;
  readonly defaults: AssociationDefaults | undefined;
  readonly references: readonly string[] | undefined;
}

/** What can be told while the class is defined; the fields are looked for when the related class is known. @throws SchemaError */
export function associationOptions(where: string, decorator: string, options: unknown): Checked {
  const given = (options ?? {}) as { readonly [name: string]: unknown };
  return {
    where: given.where === undefined ? undefined : valuesOf(where, decorator, "where", given.where),
    preloadOrder:
      given.preloadOrder === undefined ? undefined : orderOf(where, decorator, given.preloadOrder),
    defaults: defaultsOf(where, decorator, given.defaults),
    references: given.references === undefined ? undefined : referencesOf(where, decorator, given.references),
  };
}

/** @throws SchemaError for what is no object of values, or has none, or one that is undefined */
export function valuesOf(
  where: string,
  decorator: string,
  option: string,
  given: unknown,
): Readonly<Record<string, unknown>> {
  if (!isPlainObject(given) || Object.keys(given).length === 0) {
    throw new SchemaError(
      `${where}: { ${option} } of @${decorator} is an object by field, as { ${option}: { state: "open" } }, not ${showValue(given)}.`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) continue;
    throw new SchemaError(
      `${where}: "${name}" in { ${option} } of @${decorator} is undefined, usually a variable that was never set; leave it out.`,
    );
  }
  return Object.freeze({ ...given });
}

function referencesOf(where: string, decorator: string, given: unknown): readonly string[] {
  const names = fieldNames(given);
  if (names !== undefined) return names;
  throw new SchemaError(
    `${where}: { references } of @${decorator} is the field whose value the foreign key holds, as { references: "slug" }, or a ` +
      `list of different ones, not ${showValue(given)}.`,
  );
}

function defaultsOf(where: string, decorator: string, given: unknown): AssociationDefaults | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "function") return given as AssociationDefaults;
  return valuesOf(where, decorator, "defaults", given);
}

function orderOf(where: string, decorator: string, given: unknown): readonly PreloadOrderTerm[] {
  const parts: readonly unknown[] = Array.isArray(given) ? given : [given];
  const terms = parts.flatMap((part): PreloadOrderTerm[] => {
    if (typeof part === "string" && part !== "") return [{ field: part, direction: "asc" }];
    if (!isPlainObject(part)) throw wrongOrder(where, decorator, given);
    return Object.entries(part).map(([field, direction]) => {
      if (direction !== "asc" && direction !== "desc") throw wrongOrder(where, decorator, given);
      return { field, direction };
    });
  });
  if (terms.length === 0) throw wrongOrder(where, decorator, given);
  return Object.freeze(terms.map((term) => Object.freeze(term)));
}

const wrongOrder = (where: string, decorator: string, given: unknown): SchemaError =>
  new SchemaError(
    `${where}: { preloadOrder } of @${decorator} is a field, { field: "asc" | "desc" } or a list of these, not ` +
      `${typeof given === "string" || typeof given === "object" ? JSON.stringify(given) : showValue(given)}.`,
  );
