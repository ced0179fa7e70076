/** Runs a method of a Repo with what is behind the Repo, and tells those who listen about it. */

import { observed } from "../observe/index.js";
import { readOnly } from "../options/index.js";
import { CallSite } from "./call-site.js";
import type { Told } from "./calls-under-way.js";
import { keepCaller } from "./keep-caller.js";
import { type RepoState, sessionOf, stateOfRepo } from "./state.js";

type Run<T> = (state: RepoState) => Promise<T>;

export function call<T>(repo: object, operation: string, subject: unknown, run: Run<T>): Promise<T> {
  const state = stateOfRepo(repo);
  const session = sessionOf(state);
  if (session === undefined || session.ended) return kept(operation, subject, state, run);
  const told: Told = { promise: undefined };
  const site = session.traced ? new CallSite(operation, call) : undefined;
  told.promise = kept(operation, subject, { ...state, session, site, told }, run);
  return told.promise as Promise<T>;
}

/**
 * As `call`, of a method that writes: in a transaction, its write takes effect in the order of the calls.
 *
 * @param finish makes of the outcome what the caller gets
 */
export function callToWrite<T, R = T>(
  repo: object,
  operation: string,
  subject: unknown,
  run: Run<T>,
  finish: (outcome: Promise<T>) => Promise<R> = asIs,
): Promise<R> {
  const state = stateOfRepo(repo);
  if (state.core.config.readOnly) return Promise.reject(readOnly(`repo.${operation}`));
  const session = sessionOf(state);
  if (session === undefined || session.ended) return finish(kept(operation, subject, state, run));
  const told: Told = { promise: undefined };
  const site = session.traced ? new CallSite(operation, callToWrite) : undefined;
  const { order } = session.layer.attempt;
  const placed = order.run((place) =>
    kept(operation, subject, { ...state, session, site, told, place }, run),
  );
  told.promise = finish(placed);
  return told.promise as Promise<R>;
}

const asIs = <T, R>(outcome: Promise<T>): Promise<R> => outcome as Promise<unknown> as Promise<R>;

async function kept<T>(operation: string, subject: unknown, state: RepoState, run: Run<T>): Promise<T> {
  try {
    return await observed(operation, subject, state.core, () => run(state));
  } catch (error) {
    throw keepCaller(error);
  }
}
