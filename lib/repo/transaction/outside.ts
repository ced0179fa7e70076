/** Runs a function of the application outside of the transaction around it. */

import { InvalidOptionsError } from "../../errors.js";
import type { RepoState } from "./state.js";

export function outside<T>(state: RepoState, fn: () => T): T {
  if (typeof fn !== "function")
    throw new InvalidOptionsError("repo.outside takes a function: repo.outside(() => …).");
  return state.core.ambient.run(undefined, fn);
}
