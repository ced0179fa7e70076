/** Opens the engine that a URL names, loading the code of no other. */

import { InvalidUrlError, StoreLockedError } from "../errors.js";
import type { EmbeddedOptions } from "./embedded/index.js";
import type { Engine } from "./port/index.js";

/** Options of `openEngine`; those of the embedded engine are ignored by a cluster, which has its own. */
export type OpenOptions = EmbeddedOptions;

/**
 * Opens the store that a URL names.
 *
 * - `embedded:PATH`: a folder on this machine, made if it is not there; it belongs to one process.
 * - `embedded:PATH?share`: the same for several processes of one user and machine. The first owns the store and serves it
 *   on a socket in the folder; the others reach it there, and one of them becomes the owner when the first ends.
 * - `embedded:PATH?readonly`: a store that is there, to which nothing is written; while its owner shares it, through it.
 * - `memory:`: a fresh store that is gone when closed.
 * - `fdb:` or `fdb:PATH`: a FoundationDB cluster, by the default cluster file or the one at PATH; needs the npm package
 *   `foundationdb`.
 *
 * @example
 * const engine = await openEngine("embedded:./data", { durability: "relaxed" });
 * @throws InvalidUrlError, EngineUnavailableError, StoreOptionsError, StoreLockedError, StoreCorruptError,
 *   StoreUnavailableError
 */
export async function openEngine(url: string, options: OpenOptions = {}): Promise<Engine> {
  const [, scheme, path] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === "embedded" && path !== undefined && path !== "") {
    const { folder, mode } = embeddedPlace(url, path);
    const { openEmbedded, SharedEngine } = await import("./embedded/index.js");
    if (mode === "share") return SharedEngine.open(folder, options, "shares");
    return mode === "readonly" ? readOnly(folder, options) : openEmbedded(folder, options);
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

/** The folder of an embedded store and how it is opened, as its URL says. */
function embeddedPlace(
  url: string,
  path: string,
): { readonly folder: string; readonly mode?: "share" | "readonly" } {
  const [, folder = "", query] = /^([^?]*)(?:\?(.*))?$/s.exec(path) ?? [];
  if (folder !== "" && query === undefined) return { folder };
  if (folder !== "" && (query === "share" || query === "readonly")) return { folder, mode: query };
  throw new InvalidUrlError(
    `${JSON.stringify(url)} has ${query === undefined ? "no path" : `?${query}, which means nothing here`}. Write ` +
      '"embedded:./data", or "embedded:./data?share" for a store that several processes use.',
  );
}

/** A store that nobody has open is read from its files, one that is shared through its owner. */
async function readOnly(path: string, options: OpenOptions): Promise<Engine> {
  const { openReadOnly, SharedEngine } = await import("./embedded/index.js");
  try {
    return await openReadOnly(path, options);
  } catch (error) {
    if (!(error instanceof StoreLockedError)) throw error;
    return SharedEngine.open(path, options, "reads", error);
  }
}

/**
 * Opens the store that a URL names, also when another process has it open: then through that one, if it shares it.
 *
 * @example const engine = await openOrJoin("embedded:./data");
 * @throws what `openEngine` throws; StoreLockedError for a store whose owner does not share it
 */
export async function openOrJoin(url: string, options: OpenOptions = {}): Promise<Engine> {
  try {
    return await openEngine(url, options);
  } catch (error) {
    const path = /^embedded:([^?]+)$/s.exec(url)?.[1];
    if (!(error instanceof StoreLockedError) || path === undefined) throw error;
    const { SharedEngine } = await import("./embedded/index.js");
    return SharedEngine.open(path, options, "joins", error);
  }
}
