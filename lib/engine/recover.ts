/** Recovers an embedded store that a URL names, at a loss that was accepted. */

import { InvalidUrlError } from "../errors.js";
import type { StoreRecovery } from "./embedded/index.js";

/**
 * Looks at the journal of an embedded store that cannot be opened, and with `acceptLoss` goes on without what is lost:
 * what can be recovered is written to the data file and the journal is put aside. Default: it only looks.
 *
 * @throws InvalidUrlError, StoreLockedError, StoreUnavailableError, StoreCorruptError
 *
 * @example
 * const { problem, lost } = await recoverStore("embedded:./data");
 */
export async function recoverStore(
  url: string,
  options: { readonly acceptLoss?: boolean } = {},
): Promise<StoreRecovery> {
  const path = /^embedded:(.+)$/s.exec(url)?.[1];
  if (path === undefined)
    throw new InvalidUrlError(
      `${JSON.stringify(url)} names no embedded store, and only those have a journal. Write "embedded:./data".`,
    );
  const { recoverEmbedded } = await import("./embedded/index.js");
  return recoverEmbedded(path, options.acceptLoss);
}
