/** Keeps the ids that one call generates for its new records, so that every attempt of its transaction gives the same. */

import type { SchemaInfo } from "../../schema/index.js";
import type { Values } from "../rows/index.js";

/** Those of one record, and of the records related to it by their places. */
export class GeneratedIds {
  #id: unknown;
  #related: Map<string, GeneratedIds> | undefined;

  /** The values of a new record with its id. */
  fill(info: SchemaInfo, values: Readonly<Values>): Readonly<Values> {
    const { name, autogenerate, type } = info.primaryKey;
    if (autogenerate !== "id" || (values[name] ?? null) !== null || type.autogenerate === undefined)
      return values;
    this.#id ??= type.autogenerate();
    return { ...values, [name]: this.#id };
  }

  /** @param place among the records of the relation */
  of(relation: string, place: number): GeneratedIds {
    this.#related ??= new Map();
    const key = `${place} ${relation}`;
    let ids = this.#related.get(key);
    if (ids === undefined) {
      ids = new GeneratedIds();
      this.#related.set(key, ids);
    }
    return ids;
  }
}
