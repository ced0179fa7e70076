/** Runs a method of a Repo with what is behind the Repo, and tells those who listen about it. */

import { observed } from "../observe/index.js";
import { type RepoState, stateOfRepo } from "./state.js";

export function call<T>(
  repo: object,
  operation: string,
  subject: unknown,
  run: (state: RepoState) => Promise<T>,
): Promise<T> {
  const state = stateOfRepo(repo);
  return observed(operation, subject, state.core, () => run(state));
}
