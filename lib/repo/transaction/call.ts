/** Runs a method of a Repo with what is behind the Repo, and tells those who listen about it. */

import { observed } from "../observe/index.js";
import { CallSite } from "./call-site.js";
import { type RepoState, sessionOf, stateOfRepo } from "./state.js";

export function call<T>(
  repo: object,
  operation: string,
  subject: unknown,
  run: (state: RepoState) => Promise<T>,
): Promise<T> {
  try {
    return callNow(repo, operation, subject, run);
  } catch (error) {
    // Whoever wrote .catch() is told there.
    return Promise.reject(error);
  }
}

function callNow<T>(
  repo: object,
  operation: string,
  subject: unknown,
  run: (state: RepoState) => Promise<T>,
): Promise<T> {
  const state = stateOfRepo(repo);
  const session = sessionOf(state);
  const own = session?.traced === true ? { ...state, session, site: new CallSite(operation, call) } : state;
  return observed(operation, subject, state.core, () => run(own));
}

/** As `call`, of a method that writes: in a transaction, its write takes effect in the order of the calls. */
export async function callToWrite<T>(
  repo: object,
  operation: string,
  subject: unknown,
  run: (state: RepoState) => Promise<T>,
): Promise<T> {
  const state = stateOfRepo(repo);
  const session = sessionOf(state);
  if (session === undefined || session.ended)
    return observed(operation, subject, state.core, () => run(state));
  const site = session.traced ? new CallSite(operation, callToWrite) : undefined;
  return session.layer.attempt.order.run((place) =>
    observed(operation, subject, state.core, () => run({ ...state, session, site, place })),
  );
}
