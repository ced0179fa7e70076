/** What is registered for one source of a tenant: its indexes, and whether its changes are logged. */

import type { Bytes } from "../keys/index.js";
import type { FailedBuild } from "./failed-builds.js";
import type { IndexInfo } from "./index-info.js";
import type { Registrations } from "./read-indexes.js";

export interface SourceMetadata {
  readonly source: string;
  /** All registrations, in the order of their names. */
  readonly indexes: readonly IndexInfo[];
  /** Unique indexes that could not be built. */
  readonly failed: readonly FailedBuild[];
  /** Whether changes are logged: there is a `create(metadata(S))` or `create(metadata(S, by))`. */
  readonly logged: boolean;
  /** The fields of each `create(metadata(S, by))`. */
  readonly groups: readonly (readonly string[])[];
  /** The tenant's version at which this list holds. */
  readonly version: Bytes;
}

/** The summary of a list of registrations. */
export function sourceMetadata(
  source: string,
  { indexes, failed }: Registrations,
  version: Bytes,
): SourceMetadata {
  const heads = indexes.filter((index) => index.kind === "metadata" && index.state !== "deleteOnly");
  return Object.freeze({
    source,
    indexes: Object.freeze([...indexes]),
    failed: Object.freeze([...failed]),
    logged: heads.length > 0,
    groups: Object.freeze(heads.filter((index) => index.fields.length > 0).map((index) => index.fields)),
    version,
  });
}
