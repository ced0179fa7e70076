/** The indexes, counters, groups and log that a write to one source has to keep in step with its records. */

import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { encodeCbor, layoutOf, type RecordLayout, type StoredKey } from "../codec/index.js";
import { type Column, MaintainedIndex } from "../indexes/index.js";
import { type SourceKeys, sourceKeys } from "../keys/index.js";
import type { LoggedFields } from "../log/index.js";
import { isTally, type SourceMetadata } from "../metadata/index.js";

export class Maintenance {
  readonly keys: SourceKeys;
  readonly layout: RecordLayout;
  /** Indexes and unique indexes. */
  readonly indexes: readonly MaintainedIndex[];
  /** Counters and sums. */
  readonly counters: readonly MaintainedIndex[];
  readonly custom: readonly MaintainedIndex[];
  /** `metadata(S, by)` groups. */
  readonly groups: readonly MaintainedIndex[];
  readonly logged: boolean;
  readonly loggedFields: LoggedFields;
  /** Whether a write must read before it knows whether it may happen: unique values, counters under construction. */
  readonly guarded: boolean;

  constructor(tenant: Tenant, info: SchemaInfo, metadata: SourceMetadata) {
    this.keys = sourceKeys(tenant, info.source);
    this.layout = layoutOf(info);
    const all = metadata.indexes.map((index) => new MaintainedIndex(index, tenant, this.layout));
    this.indexes = all.filter((index) => index.info.kind === "index");
    this.counters = all.filter((index) => isTally(index.info));
    this.custom = all.filter((index) => index.info.kind === "custom");
    this.groups = all.filter(
      (index) =>
        index.info.kind === "metadata" && index.columns.length > 0 && index.info.state !== "deleteOnly",
    );
    this.logged = metadata.logged;
    this.guarded =
      this.indexes.some((index) => index.info.unique) || all.some((index) => index.followsCursor);
    const columns = new Map<StoredKey, Column>();
    for (const index of all) {
      // A custom index may stand on long texts, whose old and new values would not fit into an entry.
      if (index.info.kind === "custom") continue;
      for (const column of index.columns) if (!inKeyOnly(column)) columns.set(column.stored, column);
    }
    const told = new Set(Array.from(columns.values(), ({ position }) => position));
    this.loggedFields = {
      columns: Array.from(columns.values(), (column) => ({ column, keyBytes: encodeCbor(column.stored) })),
      others: this.layout.body.map((field, at) => (told.has(at) ? undefined : field)),
    };
  }
}

function inKeyOnly(column: Column): boolean {
  return column.position < 0 && column.name !== undefined;
}

const compiled = new WeakMap<SourceMetadata, WeakMap<SchemaInfo, Maintenance>>();

/** What writes to a source have to maintain; compiled once for a list of registrations and a schema. */
export function maintenanceOf(tenant: Tenant, info: SchemaInfo, metadata: SourceMetadata): Maintenance {
  let bySchema = compiled.get(metadata);
  if (bySchema === undefined) {
    bySchema = new WeakMap();
    compiled.set(metadata, bySchema);
  }
  let maintenance = bySchema.get(info);
  if (maintenance === undefined) {
    maintenance = new Maintenance(tenant, info, metadata);
    bySchema.set(info, maintenance);
  }
  return maintenance;
}
