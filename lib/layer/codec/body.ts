/** The body of a record after decoding: its values by position, and the fields its schema does not declare. */

import type { StoredValue } from "../../schema/index.js";
import type { StoredKey } from "./layout.js";

/** Fields that this release's schema does not declare, by stored key. */
export type UnknownFields = ReadonlyMap<StoredKey, StoredValue>;

/** A stored body: values in the order of the layout, and what the schema does not know. */
export interface Body {
  readonly values: readonly StoredValue[];
  readonly unknown: UnknownFields | undefined;
}
