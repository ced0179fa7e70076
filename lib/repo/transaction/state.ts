/** Keeps what is behind a Repo: its core and, for one that is bound to a transaction, that transaction. */

import { refuseOtherCopy } from "../../copies.js";
import type { WritePlace } from "../../layer/index.js";
import type { CallSite } from "./call-site.js";
import type { Told } from "./calls-under-way.js";
import type { RepoCore } from "./core.js";
import type { Session } from "./session.js";

export interface RepoState {
  readonly core: RepoCore;
  readonly session: Session | undefined;
  /** Of one call in a transaction whose calls are traced: where it was made. */
  readonly site?: CallSite | undefined;
  /** Of one call in a transaction, which says so itself when nobody waits for it. */
  readonly told?: Told | undefined;
  /** Of one write in a transaction: its place among the others. */
  readonly place?: WritePlace;
}

const states = new WeakMap<object, RepoState>();

export function keepRepo(repo: object, state: RepoState): void {
  states.set(repo, state);
}

export function stateOfRepo(repo: object): RepoState {
  const state = states.get(repo);
  if (state === undefined) {
    refuseOtherCopy(repo, "The Repo");
    throw new TypeError("This is not a Repo; make one with new Repo({ url, storageId }).");
  }
  return state;
}

/** The transaction that a call on this Repo joins, if there is one. */
export const sessionOf = (state: RepoState): Session | undefined =>
  state.session ?? state.core.ambient.session;
