/** The read version that transactions share which begin between two commits, as a cluster may hand it out. */

/** Milliseconds after which versions move on by themselves: an older one would soon be too old to read at. */
const freshMs = 1_000;

export class SharedVersion {
  private newest: bigint | undefined;
  private since = 0;
  private forgotten = 0;

  /** `undefined` when the next transaction has to ask the engine. */
  get version(): bigint | undefined {
    if (this.newest !== undefined && performance.now() - this.since > freshMs) this.newest = undefined;
    return this.newest;
  }

  /** Names the moment; hand it to `committed`. */
  get moment(): number {
    return this.forgotten;
  }

  /** A commit, begun at `moment`: who begins after it must see it. */
  committed(version: bigint, moment: number): void {
    // What was forgotten since may have been newer.
    if (this.newest === undefined && moment !== this.forgotten) return;
    this.offer(version);
  }

  /** What the engine answers to a transaction that has to ask. */
  learn(version: Promise<bigint>): void {
    const moment = this.forgotten;
    version.then(
      (known) => {
        if (moment === this.forgotten) this.offer(known);
      },
      () => undefined,
    );
  }

  /** Somebody has seen a version that is not known here: the next transaction asks again. */
  forget(): void {
    this.newest = undefined;
    this.forgotten++;
  }

  private offer(version: bigint): void {
    if (version < 0n || (this.newest !== undefined && version <= this.newest)) return;
    this.newest = version;
    this.since = performance.now();
  }
}
