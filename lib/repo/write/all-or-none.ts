/** Waits for many writes at once; when only some of them succeed, a caller that goes on must not commit those. */

import type { Session } from "../transaction/index.js";

export async function allOrNone<T>(session: Session, writes: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(writes);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) {
    if (outcomes.some(({ status }) => status === "fulfilled")) session.refuseCommit(failed.reason);
    throw failed.reason;
  }
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<T>).value);
}
