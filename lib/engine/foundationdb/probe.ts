import { EngineUnavailableError } from "../../errors.js";
import { codeOf } from "./failure.js";
import type { NativeDatabase } from "./native.js";

const TIMEOUT_OPTION = 500;
const TIMED_OUT = 1031;
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
    timer = setTimeout(() => reject(unreachable(clusterFile, timeoutMs)), timeoutMs + GRACE_MS);
  });
  try {
    await Promise.race([transaction.getReadVersion(), silence]);
  } catch (error) {
    transaction.cancel();
    if (error instanceof EngineUnavailableError) throw error;
    throw unreachable(clusterFile, timeoutMs, error);
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(clusterFile: string | null, timeoutMs: number, cause?: unknown): EngineUnavailableError {
  const code = codeOf(cause);
  const what =
    code === undefined || code === TIMED_OUT
      ? `did not answer within ${timeoutMs} ms`
      : `answered ${(cause as Error).message} (${code})`;
  return new EngineUnavailableError(
    "cluster",
    `The FoundationDB cluster of ${clusterFile ?? "the default cluster file"} ${what}. Is it running, reachable from ` +
      "here, and of a version that the client library speaks? See: fdbcli --exec status",
    cause === undefined ? undefined : { cause },
  );
}
