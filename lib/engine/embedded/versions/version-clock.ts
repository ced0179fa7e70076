/** The store's clock: versions are microseconds that never repeat and never go back, across restarts too.
 *
 * Versions above what the file promises are only handed out after a larger promise was written, so a restart
 * that begins at the promised version is above everything any transaction ever saw.
 */

/** Versions a transaction may read back: five seconds at a million a second, as in FoundationDB. */
export const VERSION_WINDOW = 5_000_000;

export class VersionClock {
  private offset: number;
  private issued: number;

  constructor(
    start: number,
    private readonly now: () => number,
  ) {
    this.issued = start;
    this.offset = start - now();
  }

  /** The largest version handed out so far. */
  get last(): number {
    return this.issued;
  }

  /** A version for a reader: not below anything handed out. */
  current(): number {
    const now = Math.floor(this.now() + this.offset);
    if (now > this.issued) this.issued = now;
    return this.issued;
  }

  /** Every version from now on is above `version`. */
  advance(version: number): void {
    this.offset = Math.max(this.offset, version + 1 - this.now());
  }

  /** A version for a commit: above everything handed out. */
  next(): number {
    const now = Math.floor(this.now() + this.offset);
    this.issued = now > this.issued ? now : this.issued + 1;
    return this.issued;
  }
}

export const monotonicMicroseconds = (): number => performance.now() * 1000;
