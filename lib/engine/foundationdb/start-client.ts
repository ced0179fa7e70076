/** Starts FoundationDB's client in this process, which is possible only once. */

import { EngineUnavailableError } from "../../errors.js";
import { codeOf, fromNative } from "./failure.js";
import type { NativeModule } from "./native.js";

/** All of the contract is in it, and every client since 7.1 speaks it. */
const API_VERSION = 710;
/**
 * The package is compiled with the headers of 7.2, and a 7.1 client refuses headers later than itself although
 * nothing that is used differs; so it is told the version it knows.
 */
const HEADER_VERSIONS = [720, API_VERSION];

const API_VERSION_ALREADY_SET = 2201;
const API_VERSION_NOT_SUPPORTED = 2203;

const started = new WeakSet<NativeModule>();
let pendingFutures = 0;

/** Tells how many futures of the binding have not settled; see {@link startClient}. */
export const countFutures = (change: 1 | -1): void => {
  pendingFutures += change;
};

/**
 * Selects the API version and starts the network thread, once in the life of the process: FoundationDB can do
 * neither again.
 *
 * @throws EngineUnavailableError when the client library is too old, or another user of it chose another version
 */
export function startClient(native: NativeModule): void {
  if (started.has(native)) return;
  selectVersion(native);
  native.startNetwork();
  started.add(native);
  process.once("exit", () => {
    // Joining the network thread with futures pending waits for a queue that nobody empties any more.
    if (pendingFutures === 0) native.stopNetwork();
  });
}

function selectVersion(native: NativeModule): void {
  for (const headerVersion of HEADER_VERSIONS) {
    try {
      native.setAPIVersionImpl(API_VERSION, headerVersion);
      return;
    } catch (error) {
      const code = codeOf(error);
      if (code === API_VERSION_NOT_SUPPORTED) continue;
      if (code !== API_VERSION_ALREADY_SET) throw fromNative(error);
      throw new EngineUnavailableError(
        "client",
        `Something in this process has selected another API version of FoundationDB; Plinth needs ${API_VERSION}. ` +
          `Call fdb.setAPIVersion(${API_VERSION}) there, or open Plinth's engine first.`,
        { cause: error },
      );
    }
  }
  throw new EngineUnavailableError(
    "client",
    "The installed client library of FoundationDB is older than 7.1. Install a later one: " +
      "https://github.com/apple/foundationdb/releases (foundationdb-clients)",
  );
}
