/** Keeps, for each Repo, the transaction that the running code is inside of. */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Session } from "./session.js";

interface Around {
  readonly ambient: Ambient;
  readonly session: Session;
  /** Of other Repos. */
  readonly outer: Around | undefined;
}

/**
 * One for all Repos: for each AsyncLocalStorage that was ever used, Node does some work at every promise of the
 * process, also long after the Repo was closed.
 */
const storage = new AsyncLocalStorage<Around | undefined>();

/** The transaction of one Repo around the running code. */
export class Ambient {
  get session(): Session | undefined {
    for (let around = storage.getStore(); around !== undefined; around = around.outer) {
      if (around.ambient === this) return around.session;
    }
    return undefined;
  }

  /** Runs a function inside of a transaction, or outside of any. */
  run<T>(session: Session | undefined, fn: () => T): T {
    const outer = without(storage.getStore(), this);
    return storage.run(session === undefined ? outer : { ambient: this, session, outer }, fn);
  }
}

function without(around: Around | undefined, ambient: Ambient): Around | undefined {
  if (around === undefined) return undefined;
  if (around.ambient === ambient) return around.outer;
  const outer = without(around.outer, ambient);
  return outer === around.outer ? around : { ...around, outer };
}
