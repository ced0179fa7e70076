/** Checks the options of relations and embeds while their class is defined. */

import { SchemaError } from "../../errors.js";
import { suggest } from "../definition/index.js";
import { isPlainObject, showValue } from "../types/index.js";

/** The options of a decorator, each with the values that it can have; null: any, checked elsewhere. */
export type KnownOptions = Readonly<Record<string, readonly string[] | null>>;

const replaces = ["raise", "markAsInvalid", "nilify", "delete", "deleteIfExists", "update"];

export const belongsToOptions: KnownOptions = {
  onReplace: replaces,
  references: null,
  where: null,
  defaults: null,
};
export const dependentOptions: KnownOptions = {
  onReplace: replaces,
  onDelete: ["nothing", "deleteAll", "nilifyAll"],
  references: null,
  where: null,
  defaults: null,
  preloadOrder: null,
};
export const throughOptions: KnownOptions = { through: null };
export const manyToManyOptions: KnownOptions = {
  through: null,
  joinKeys: null,
  joinWhere: null,
  joinDefaults: null,
  unique: null,
  where: null,
  defaults: null,
  preloadOrder: null,
  onReplace: ["raise", "markAsInvalid", "delete"],
  onDelete: ["nothing", "deleteAll"],
};
export const embedOptions: KnownOptions = {
  onReplace: ["raise", "markAsInvalid", "delete", "update"],
  source: null,
  tag: null,
};

/** A name, or a list of different ones; undefined for anything else. */
export function fieldNames(given: unknown): readonly string[] | undefined {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  const fine =
    names.length > 0 &&
    names.every((name) => typeof name === "string" && name !== "") &&
    new Set(names).size === names.length;
  return fine ? Object.freeze([...names] as string[]) : undefined;
}

/**
 * An option that is undefined counts as left out.
 *
 * @throws SchemaError for an option, or a value of one, that there is not
 */
export function checkRelationOptions(
  where: string,
  decorator: string,
  options: unknown,
  known: KnownOptions,
): void {
  if (options === undefined) return;
  if (!isPlainObject(options)) {
    throw new SchemaError(
      `${where}: the options of @${decorator} are an object, not ${showValue(options)}. Write { ${Object.keys(known)[0]}: … }.`,
    );
  }
  const names = Object.keys(known);
  for (const [name, value] of Object.entries(options)) {
    const values = Object.hasOwn(known, name) ? known[name] : undefined;
    if (values === undefined) {
      throw new SchemaError(`${where}: @${decorator} has no option "${name}".${suggest(name, names)}`);
    }
    if (values === null || value === undefined || values.includes(value as string)) continue;
    throw new SchemaError(
      `${where}: { ${name} } of @${decorator} is ${values.map((one) => `"${one}"`).join(", ")}, not ${showValue(value)}.`,
    );
  }
}
