/** Gives the attributes of a new related record with what its relation says that new ones begin with. */

import { SchemaError } from "../../errors.js";
import type { AssociationInfo } from "../definition/index.js";
import { isPlainObject, showValue } from "../types/index.js";

type Values = Readonly<Record<string, unknown>>;

/** What is given goes before what the relation says. @throws SchemaError for a function that gives no attributes */
export function relatedAttributes(
  { name, defaults }: { readonly name: string; readonly defaults?: AssociationInfo["defaults"] },
  given: Values,
  owner: object,
): Values {
  if (defaults === undefined) return given;
  const values: unknown =
    typeof defaults === "function" ? defaults(given as never, owner as never) : defaults;
  if (!isPlainObject(values)) {
    throw new SchemaError(
      `The function { defaults } of ${owner.constructor.name}.${name} gives attributes, as { state: "open" }, not ${showValue(values)}.`,
    );
  }
  return { ...values, ...given };
}
