import type { RepoCore } from "./core.js";

/** Runs the functions of `repo.afterCommit`, outside of any transaction. One that fails is told, and undoes nothing. */
export async function runAfterCommit(core: RepoCore, functions: readonly (() => unknown)[]): Promise<void> {
  for (const fn of functions) {
    try {
      await core.ambient.run(undefined, async () => fn());
    } catch (error) {
      const message = "A function given to repo.afterCommit failed; the transaction is committed.";
      if (core.logger === undefined)
        process.emitWarning(error instanceof Error ? error : String(error), { detail: message });
      else core.logger.error({ err: error }, message);
    }
  }
}
