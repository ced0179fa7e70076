/** Finds the cluster file that a URL names. */

import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { EngineUnavailableError, InvalidUrlError } from "../../errors.js";

/** The binding cuts a longer path off. */
const MAX_PATH_BYTES = 1_023;

/**
 * The cluster file that a URL names, or `null` for the default one: `$FDB_CLUSTER_FILE`, `./fdb.cluster`, or the
 * system's.
 *
 * @throws InvalidUrlError, or EngineUnavailableError when the file cannot be read
 */
export function clusterFileOf(url: string): string | null {
  const path = /^fdb:(?:\/\/(?=\/))?(.*)$/s.exec(url)?.[1];
  if (path === undefined || path.includes("\0")) {
    throw new InvalidUrlError(
      `${JSON.stringify(url)} names no cluster; write "fdb:" or "fdb:/etc/foundationdb/fdb.cluster".`,
    );
  }
  if (path === "") return null;
  const file = resolve(path);
  if (Buffer.byteLength(file) > MAX_PATH_BYTES) {
    throw new InvalidUrlError(`The path of a cluster file has ${MAX_PATH_BYTES} bytes at most.`);
  }
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw new EngineUnavailableError(
      "cluster",
      `The cluster file ${file} cannot be read. Copy it from a machine of the cluster (usually ` +
        '/etc/foundationdb/fdb.cluster), or write "fdb:" for the default one.',
      { cause: error },
    );
  }
  return file;
}
