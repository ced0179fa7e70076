/** Lets the event loop turn now and then while operations are done that never wait for anything.
 *
 * Operations of the embedded engine finish without I/O, so a loop that only awaits them would keep timers,
 * sockets and the store's own writer waiting; every so often one resolves a turn later.
 */

const OPERATIONS = 256;

export class Turns {
  private operations = 0;
  private turn: Promise<void> | undefined;

  /** Counts an operation; returns what its answer has to wait for, if anything. */
  next(): Promise<void> | undefined {
    if (++this.operations < OPERATIONS) return undefined;
    this.turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.operations = 0;
        this.turn = undefined;
        resolve();
      });
    });
    return this.turn;
  }
}
