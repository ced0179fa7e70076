/** Finds rows that could not be stored together: two of them have the same value of a unique index. */

import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { dumpBody, layoutOf, type UnknownFields } from "../codec/index.js";
import type { IndexInfo } from "../metadata/index.js";
import { MaintainedIndex } from "./maintained-index.js";

/** Rows of one tenant, one after the other; of each unique value it keeps the entry's key, and no row. */
export class UniqueValues {
  readonly #indexes: readonly IndexInfo[];
  readonly #maintained = new Map<SchemaInfo, readonly MaintainedIndex[]>();
  readonly #owners = new Map<string, string>();

  /** @param indexes what is registered in the tenant */
  constructor(
    private readonly tenant: Tenant,
    indexes: readonly IndexInfo[],
  ) {
    this.#indexes = indexes.filter(({ unique, state }) => unique && state !== "deleteOnly");
  }

  /** The unique index of which another row before this one has the same value. */
  add(
    info: SchemaInfo,
    pk: readonly TupleItem[],
    record: object,
    unknown: UnknownFields,
  ): IndexInfo | undefined {
    const maintained = this.#of(info);
    if (maintained.length === 0) return undefined;
    const row = { record, values: dumpBody(layoutOf(info), record), unknown };
    for (const index of maintained) {
      for (const { key, owner } of index.entries(row, pk, false)) {
        if (owner === undefined) continue;
        const [value, its] = [key, owner].map((bytes) => Buffer.from(bytes).toString("latin1")) as [
          string,
          string,
        ];
        const other = this.#owners.get(value);
        if (other !== undefined && other !== its) return index.info;
        this.#owners.set(value, its);
      }
    }
    return undefined;
  }

  #of(info: SchemaInfo): readonly MaintainedIndex[] {
    let maintained = this.#maintained.get(info);
    if (maintained === undefined) {
      const own = this.#indexes.filter(({ source }) => source === info.source);
      maintained = own.map((index) => new MaintainedIndex(index, this.tenant, layoutOf(info)));
      this.#maintained.set(info, maintained);
    }
    return maintained;
  }
}
