/** Cuts long work into pieces, so that others of the process have their turns between them. */

/** Milliseconds of one piece: live subscribers wait for several of them at most. */
const pieceMs = 8;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let since = performance.now();
let turning: Promise<void> | undefined;

/** To be awaited now and then: gives a turn to others when this one has been long. All who work share the turns. */
export function breathe(): Promise<void> | undefined {
  if (turning !== undefined) return turning;
  if (performance.now() - since < pieceMs) return undefined;
  turning = turn().then(() => {
    turning = undefined;
    since = performance.now();
  });
  return turning;
}

/** Items that are worked on together: their reads go out at once. */
const together = 32;

/** What becomes of each item, in pieces; all that has begun ends also when one of them fails. */
export async function inPieces<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let some: Promise<R>[] = [];
  const end = async () => {
    for (const result of await Promise.allSettled(some)) {
      if (result.status === "rejected") throw result.reason;
      results.push(result.value);
    }
    some = [];
    await breathe();
  };
  for (const item of items) {
    some.push(work(item));
    if (some.length === together) await end();
  }
  await end();
  return results;
}
