/** Turns lines of an export into records of the sources of one tenant. */

import { ImportError } from "../../errors.js";
import {
  type IndexInfo,
  layoutOf,
  loadRecord,
  type StoredKey,
  schemaless,
  type UnknownFields,
} from "../../layer/index.js";
import { findBuiltinType, type SchemaInfo, type StoredValue } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { fieldFromJson } from "./field-json.js";
import type { RowLine } from "./format.js";
import { keyItemFromJson } from "./key-json.js";
import { valueFromJson } from "./value-json.js";

/** A record of an export, ready to be written. */
export interface ImportedRow {
  readonly info: SchemaInfo;
  readonly pk: readonly TupleItem[];
  readonly record: object;
  readonly unknown: UnknownFields;
}

export class RowTarget {
  readonly #infos = new Map<string, SchemaInfo>();

  /** @param indexes what is registered in the target tenant */
  constructor(
    private readonly indexes: readonly IndexInfo[],
    private readonly schemas: ReadonlyMap<string, SchemaInfo>,
  ) {}

  rowOf({ source, key, row }: RowLine): ImportedRow {
    const pk = key.map(keyItemFromJson);
    const info = this.#infoOf(source, pk.length);
    const layout = layoutOf(info);
    if (layout.keyFields.length !== pk.length) {
      throw new ImportError(
        `A key of "${source}" has ${pk.length} items, but ${info.name} declares ${layout.keyFields.length}; ` +
          "import into the release whose schema the records were written with.",
      );
    }
    const values = new Array<StoredValue>(layout.body.length).fill(null);
    const unknown = new Map<StoredKey, StoredValue>();
    for (const [name, json] of Object.entries(row)) {
      const field = fieldFromJson(name);
      const at = layout.positionOf(field);
      if (at >= 0) values[at] = valueFromJson(json);
      else unknown.set(field, valueFromJson(json));
    }
    return { info, pk, record: loadRecord(layout, { values, unknown }, pk), unknown };
  }

  #infoOf(source: string, keyLength: number): SchemaInfo {
    let info = this.#infos.get(source);
    if (info === undefined) {
      info = this.#choose(source, keyLength);
      this.#infos.set(source, info);
    }
    return info;
  }

  /** Stored values are taken as they are unless an index can only be kept with the code of the schema. */
  #choose(source: string, keyLength: number): SchemaInfo {
    const indexes = this.indexes.filter((index) => index.source === source);
    const coded = indexes.find((index) => index.indexer !== undefined || index.types.some(isCustom));
    if (coded !== undefined) {
      const info = this.schemas.get(source);
      if (info !== undefined) return info;
      throw new ImportError(
        `The index "${coded.name}" of "${source}" needs the application's code; ` +
          `name the schema of "${source}" in the configuration: schemas: [...].`,
      );
    }
    const names = indexes.map((index) => index.key).find((key) => key.length === keyLength);
    return schemaless(source, names ?? anyKey(keyLength));
  }
}

/** Names for the fields of keys that no index tells. */
const anyKey = (length: number): readonly string[] =>
  length === 1
    ? ["id"]
    : [...Array.from({ length: length - 1 }, (_, at) => `partition${at === 0 ? "" : at + 1}`), "id"];

const isCustom = (type: string): boolean => findBuiltinType(type) === undefined;
