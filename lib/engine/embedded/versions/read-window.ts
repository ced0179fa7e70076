/** Says how far back a store can be read: five seconds from when a version was the newest one, however slow the disk is.
 *
 * While a commit waits for the disk, readers get the version before it. Measured by the clock alone, that version would
 * be too old from the beginning once the disk has stood still for five seconds. FoundationDB's versions stand still then.
 */

import { VERSION_WINDOW } from "./version-clock.js";

/** Versions that lag no more than this behind the clock have most of their five seconds: they are not noted. */
const LAG = 1_000_000;

interface Late {
  readonly version: number;
  /** When it was last handed out, by the clock of versions. */
  at: number;
}

export class ReadWindow {
  /** In order; a version is noted once, and each of them stood still for a second: they are a few. */
  private late: Late[] = [];

  /** A reader has got `version` at the time `now`. */
  handOut(version: number, now: number): void {
    if (now - version <= LAG) return;
    const last = this.late.at(-1);
    if (last?.version === version) last.at = now;
    else this.late.push({ version, at: now });
  }

  /** The oldest version that can be read, when new readers get `newest`. */
  oldest(newest: number, now: number): number {
    const cutoff = now - VERSION_WINDOW;
    const { late } = this;
    if (late.length > 0 && late[0]!.at < cutoff) this.late = late.filter(({ at }) => at >= cutoff);
    return Math.min(newest - VERSION_WINDOW, cutoff, this.late[0]?.version ?? cutoff);
  }
}
