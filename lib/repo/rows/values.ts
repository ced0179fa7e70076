/** The types of the values and changesets that are on their way into rows. */

import type { Changeset } from "../../changeset/index.js";

/** Values by field. */
export type Values = Record<string, unknown>;

/** A changeset of whatever schema. */
export type AnyChangeset = Changeset<Values>;
