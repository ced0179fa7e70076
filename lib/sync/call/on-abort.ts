/** Calls functions when a signal is aborted, with one listener for each signal however many wait for it. */

interface Waiting {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Node warns of a leak from the eleventh listener of a signal on, and a signal for a whole process has thousands.
 *
 * @param aborted called once, also at once when the signal is aborted already; must not throw
 * @returns lets go of the signal
 */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  if (signal.aborted) {
    aborted();
    return () => undefined;
  }
  // A function that is given twice is called twice.
  const call = () => aborted();
  const { calls, listener } = waiting.get(signal) ?? listen(signal);
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size > 0 || waiting.get(signal)?.calls !== calls) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function listen(signal: AbortSignal): Waiting {
  const calls = new Set<() => void>();
  const listener = () => {
    waiting.delete(signal);
    for (const call of calls) call();
  };
  const made = { calls, listener };
  waiting.set(signal, made);
  // Not { signal: … }, which Node forgets in a garbage collection (nodejs/node#63954).
  signal.addEventListener("abort", listener, { once: true });
  return made;
}
