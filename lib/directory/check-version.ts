/** Refuses a directory tree whose layout is of a later version, and marks a new tree with the present one. */

import type { Transaction } from "../engine/index.js";
import { DirectoryError } from "../errors.js";

/** Of the on-disk layout, as all bindings write it: 1.0.0. */
const MAJOR = 1;
const MINOR = 0;
const current = Buffer.from("010000000000000000000000", "hex");

/**
 * Refuses a directory tree of a later layout.
 *
 * @param write a tree without a version gets one; a later minor version may only be read
 */
export async function checkVersion(
  tx: Transaction,
  key: Uint8Array,
  write: boolean,
  snapshot = false,
): Promise<void> {
  const stored = await tx.get(key, snapshot);
  if (stored === undefined) {
    if (write) tx.set(key, current);
    return;
  }
  if (stored.length !== 12) {
    throw new DirectoryError(
      "version_unsupported",
      "The version key of the directory tree holds no version.",
    );
  }
  const view = Buffer.from(stored);
  const [major, minor, patch] = [view.readUInt32LE(0), view.readUInt32LE(4), view.readUInt32LE(8)];
  if (major > MAJOR) {
    throw new DirectoryError(
      "version_unsupported",
      `The directory tree has layout ${major}.${minor}.${patch}; this release reads ${MAJOR}.x. Use a later release.`,
    );
  }
  if (minor > MINOR && write) {
    throw new DirectoryError(
      "version_read_only",
      `The directory tree has layout ${major}.${minor}.${patch}; this release writes ${MAJOR}.${MINOR} and may only ` +
        "read it. Use a later release to change it.",
    );
  }
}
