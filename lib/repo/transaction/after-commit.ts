/** Keeps the functions of `repo.afterCommit` for the commit, and runs them after it. */

import { inspect } from "node:util";
import { InvalidOptionsError } from "../../errors.js";
import type { RepoCore } from "./core.js";
import { type RepoState, sessionOf } from "./state.js";

/** Runs `fn` after the commit of the transaction around it; at once when there is none. */
export function afterCommit(state: RepoState, fn: () => unknown): void {
  if (typeof fn !== "function") throw new InvalidOptionsError("repo.afterCommit takes a function.");
  const session = sessionOf(state);
  if (session === undefined) void runAfterCommit(state.core, [fn]);
  else session.onCommit(fn);
}

/** Runs the functions outside of any transaction. One that fails is told, and undoes nothing. */
export async function runAfterCommit(core: RepoCore, functions: readonly (() => unknown)[]): Promise<void> {
  for (const fn of functions) {
    try {
      await core.ambient.run(undefined, async () => fn());
    } catch (error) {
      const message = "A function given to repo.afterCommit failed; the transaction is committed.";
      if (core.logger === undefined) process.emitWarning(inspect(error), { detail: message });
      else core.logger.error({ err: error }, message);
    }
  }
}
