import { observed } from "../observe/index.js";
import { type RepoState, stateOfRepo } from "./state.js";

/** Runs one operation of a Repo, told to those who listen. */
export function call<T>(
  repo: object,
  operation: string,
  subject: unknown,
  run: (state: RepoState) => Promise<T>,
): Promise<T> {
  const state = stateOfRepo(repo);
  return observed(operation, subject, state.core, () => run(state));
}
