/** Opens the engine that a URL names, loading the code of no other. */

import { InvalidUrlError } from "../errors.js";
import type { EmbeddedOptions } from "./embedded/index.js";
import type { Engine } from "./port/index.js";

/** Options of `openEngine`; those of the embedded engine are ignored by a cluster, which has its own. */
export type OpenOptions = EmbeddedOptions;

/**
 * Opens the store that a URL names.
 *
 * - `embedded:PATH`: a folder on this machine, made if it is not there.
 * - `memory:`: a fresh store that is gone when closed.
 * - `fdb:` or `fdb:PATH`: a FoundationDB cluster, by the default cluster file or the one at PATH; needs the npm
 *   package `foundationdb`.
 *
 * Throws `InvalidUrlError`, `EngineUnavailableError`, `StoreLockedError` or `StoreCorruptError`.
 *
 * @example
 * const engine = await openEngine("embedded:./data", { durability: "relaxed" });
 */
export async function openEngine(url: string, options: OpenOptions = {}): Promise<Engine> {
  const [, scheme, path] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === "embedded" && path !== undefined && path !== "") {
    const { openEmbedded } = await import("./embedded/index.js");
    return openEmbedded(path, options);
  }
  if (scheme === "memory" && path === "") {
    const { openMemory } = await import("./embedded/index.js");
    return openMemory(options);
  }
  if (scheme === "fdb") {
    const { openFoundationDB } = await import("./foundationdb/index.js");
    return openFoundationDB(url, options);
  }
  throw new InvalidUrlError(
    `${JSON.stringify(url)} names no engine. Write "embedded:./data" for a folder, "memory:" for a temporary ` +
      'store, or "fdb:" for a FoundationDB cluster.',
  );
}
