/** Asks a cluster for its first answer when it is opened, and explains why none came. */

import { EngineUnavailableError } from "../../errors.js";
import { codeOf } from "./failure.js";
import type { NativeDatabase } from "./native.js";

const TIMEOUT_OPTION = 500;
const TIMED_OUT = 1031;
const NO_CLUSTER_FILE = 1515;
/** Beyond the client's own timeout, for a network thread that does not run at all. */
const GRACE_MS = 1_000;

/**
 * Asks the cluster for a read version, so that one that cannot be reached is an error at once and not a hang later.
 *
 * @throws EngineUnavailableError
 */
export async function probe(
  database: NativeDatabase,
  clusterFile: string | null,
  timeoutMs: number,
): Promise<void> {
  const transaction = database.createTransaction();
  transaction.setOption(TIMEOUT_OPTION, timeoutMs);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable(clusterFile, undefined)), timeoutMs + GRACE_MS);
  });
  try {
    await Promise.race([transaction.getReadVersion(), silence]);
  } catch (error) {
    transaction.cancel();
    if (error instanceof EngineUnavailableError) throw error;
    throw unreachable(clusterFile, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The error for a cluster that gave no answer, or `cause` instead of one. */
export function unreachable(clusterFile: string | null, cause: unknown): EngineUnavailableError {
  const code = codeOf(cause);
  if (code === NO_CLUSTER_FILE && clusterFile === null) {
    return new EngineUnavailableError(
      "cluster",
      "There is no cluster file: neither $FDB_CLUSTER_FILE, nor ./fdb.cluster, nor /etc/foundationdb/fdb.cluster. Copy " +
        'it from a machine of the cluster and name it: "fdb:/path/fdb.cluster".',
      { cause },
    );
  }
  return new EngineUnavailableError(
    "cluster",
    `The FoundationDB cluster of ${clusterFile ?? "the default cluster file"} ${answer(cause)}. Is it running, ` +
      "reachable from here, and of a version that the client library speaks? See: fdbcli --exec status",
    { cause },
  );
}

function answer(cause: unknown): string {
  const code = codeOf(cause);
  if (code === TIMED_OUT || cause === undefined) return "did not answer in time";
  return `cannot be used: ${cause instanceof Error ? cause.message : String(cause)}${code === undefined ? "" : ` (${code})`}`;
}
