import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Runs a function outside whatever asynchronous context calls it: a listener that is told of a change must not find
 * itself in the transaction in which somebody happened to subscribe.
 */
export const atRoot: <T>(run: () => T) => T = AsyncLocalStorage.snapshot();
