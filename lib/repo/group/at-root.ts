/** Runs a function outside of the asynchronous context that calls it.
 *
 * A listener that is told of a change must not find itself in the transaction in which somebody happened to subscribe.
 */

import { AsyncLocalStorage } from "node:async_hooks";

export const atRoot: <T>(run: () => T) => T = AsyncLocalStorage.snapshot();
