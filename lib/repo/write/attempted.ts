/** Gives the failure of a changeset as a value, for the methods that begin with `try`; everything else is thrown. */

import { InvalidChangesetError } from "../../changeset/index.js";
import type { Values } from "../rows/index.js";

export type TryResult =
  | { readonly ok: true; readonly value: Values }
  | { readonly ok: false; readonly changeset: object };

export async function attempted(write: Promise<Values>): Promise<TryResult> {
  try {
    return { ok: true, value: await write };
  } catch (error) {
    if (error instanceof InvalidChangesetError) return { ok: false, changeset: error.changeset };
    throw error;
  }
}
