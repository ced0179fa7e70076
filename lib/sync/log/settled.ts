/** Waits for several pieces of work to the end of all of them, also when one has failed. */

/**
 * Reads that go on behind the end of a transaction hold on to nodes that nobody shows.
 *
 * @throws what the first of them in the list has failed with
 */
export async function settled<T>(work: Iterable<Promise<T>>): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
