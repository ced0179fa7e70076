/** Keeps the process running while somebody waits for a transition: a loop over a subscription is the program's work. */

/** Longer than any wait; a timer that fires now and then does no harm. */
const LONG_MS = 2 ** 31 - 1;

let waiting = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** One more waits. */
export function keepAlive(): void {
  if (++waiting === 1) timer = setInterval(() => {}, LONG_MS);
}

/** One of them has been answered. */
export function letGo(): void {
  if (--waiting === 0) clearInterval(timer);
}
