/** Tells errors apart: of one live query, of the transaction of a step, or of the whole tenant. */

import { EngineError } from "../../engine/index.js";
import { EngineClosedError, TenantGoneError } from "../../errors.js";
import { UserFault } from "../call/index.js";

/**
 * What one part of a step has met: a live query, a feed, or a request. An error of the store is none of a part's, and
 * thrown on: it ends the attempt, for all.
 */
export function faultOfPart(error: unknown): unknown {
  // First, because a function of the application can throw anything, also what looks like an error of the store.
  if (error instanceof UserFault) return error.thrown;
  if (isOfStore(error)) throw error;
  return error;
}

function isOfStore(error: unknown): boolean {
  return (
    error instanceof EngineError ||
    error instanceof TenantGoneError ||
    error instanceof EngineClosedError ||
    gaveUp(error)
  );
}

/** Whether an error of a step ends all subscriptions of the tenant; after others, the step is tried again. */
export function isTerminal(error: unknown): boolean {
  return (
    error instanceof TenantGoneError ||
    error instanceof EngineClosedError ||
    !(error instanceof EngineError || gaveUp(error))
  );
}

/** Errors that the next attempt may not meet: those of transactions that gave up. */
function gaveUp(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "cause" in error && error.cause instanceof EngineError
  );
}
