/** Keeps what one call generates for its new records, ids and timestamps, so that every attempt of it gives the same. */

import type { SchemaInfo } from "../../schema/index.js";
import { type AnyChangeset, type Clock, newRecord, type Values } from "../rows/index.js";

/** That of one record, and of the records related to it by their places. */
export class Generated {
  #values: Values | undefined;
  #related: Map<string, Generated> | undefined;

  /** A record of these values; an attempt that may have been committed meets its own record, not another of the same. */
  recordOf(
    info: SchemaInfo<Values>,
    values: Readonly<Values>,
    changeset: AnyChangeset,
    clock: Clock,
  ): Values {
    const kept = this.#values;
    if (kept === undefined) {
      const record = newRecord(info, values, changeset, clock);
      this.#values = {};
      for (const { name, autogenerate } of info.fields) {
        if (autogenerate !== undefined && isEmpty(values[name])) this.#values[name] = record[name];
      }
      return record;
    }
    const filled: Values = { ...values };
    for (const name of Object.keys(kept)) if (isEmpty(filled[name])) filled[name] = kept[name];
    return newRecord(info, filled, changeset, clock);
  }

  /** @param place among the records of the relation */
  of(relation: string, place: number): Generated {
    this.#related ??= new Map();
    const key = `${place} ${relation}`;
    let related = this.#related.get(key);
    if (related === undefined) {
      related = new Generated();
      this.#related.set(key, related);
    }
    return related;
  }
}

const isEmpty = (value: unknown): boolean => value === null || value === undefined;
