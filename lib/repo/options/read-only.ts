/** Refuses what would write through a Repo that only reads. */

import { ReadOnlyRepoError } from "../../errors.js";

export const readOnly = (call: string): ReadOnlyRepoError =>
  new ReadOnlyRepoError(
    `${call} writes, and this Repo only reads: it was made with { readOnly: true }. Write through another one: ` +
      "new Repo({ url, storageId }).",
  );
