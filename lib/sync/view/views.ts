/** What all labels of a subscription show at one version. */

import type { SyncCursor, Version } from "../live/index.js";
import type { ChangedFields } from "./entry.js";
import type { View } from "./view.js";

export interface Views {
  readonly version: Version;
  readonly cursor: SyncCursor;
  readonly labels: ReadonlyMap<string, { readonly view: View; readonly fields: ChangedFields }>;
}
