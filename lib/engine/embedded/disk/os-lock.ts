/** An exclusive lock of the operating system on an open file, which ends with its descriptor. */

import { createRequire } from "node:module";
import { EngineUnavailableError } from "../../../errors.js";

interface FileLocks {
  /** Whether the range of the open file was free and now belongs to the descriptor. */
  tryLock(file: number, offset: number, length: number): boolean;
}

/** Far behind the text of the file, since Windows lets nobody read what is locked. */
const OFFSET = 1 << 30;

let locks: FileLocks | undefined;

function load(): FileLocks {
  if (locks !== undefined) return locks;
  try {
    locks = createRequire(import.meta.url)("fs-native-extensions") as FileLocks;
  } catch (error) {
    throw new EngineUnavailableError(
      "package",
      `The embedded engine locks its store with the npm package "fs-native-extensions", which does not load on ` +
        `${process.platform}-${process.arch} (${error instanceof Error ? error.message : error}). It carries builds for ` +
        "Linux, macOS and Windows on x64 and arm64: install it again on this machine (`npm install fs-native-extensions`).",
      { cause: error },
    );
  }
  return locks;
}

/**
 * Takes the lock for the descriptor, and says whether it was free. It belongs to the open file, so other threads of
 * this process and processes of other pid namespaces meet it as well, and the system ends it with the descriptor.
 *
 * @throws EngineUnavailableError where the package that asks the system does not load
 */
export const lockFile = (file: number): boolean => load().tryLock(file, OFFSET, 1);
