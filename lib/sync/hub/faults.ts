/** Tells errors apart: of one live query, of the transaction of a step, or of the whole tenant. */

import { EngineError } from "../../engine/index.js";
import { EngineClosedError, TenantGoneError } from "../../errors.js";

/** Throws on an error that is not of one live query but of the transaction in which it is worked out. */
export function throwIfFatal(error: unknown): void {
  if (error instanceof EngineError || error instanceof TenantGoneError) throw error;
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
