/** Keeps every version that is handed out below what the file has promised, since a restart begins there.
 *
 * Nobody waits for a promise: where the file has none that is large enough (a store that was idle, a disk that takes
 * nothing) versions stand still for readers, as FoundationDB's do, and what was committed meanwhile is above it by the
 * journal or by a life of its own.
 */

import { type Change, promiseChange } from "../disk/index.js";

/** How far what is promised is ahead of the versions handed out. */
const AHEAD = 10_000_000;

export class VersionPromise {
  /** What the file has. */
  private kept = 0;
  /** What is on its way to the file. */
  private given = 0;

  /** Whether the file should be told of a larger one, when `version` is handed out. */
  due(version: number): boolean {
    return this.kept - version <= AHEAD / 2;
  }

  /** What to write to the file when `last` was handed out; nothing while its promise lasts. */
  changes(last: number): Change[] {
    if (!this.due(last)) return [];
    this.given = last + AHEAD;
    return [promiseChange(this.given)];
  }

  /** The file took what `changes` said last. */
  written(): void {
    this.kept = this.given;
  }

  covers(version: number): boolean {
    return version < this.kept;
  }

  /** The newest version, up to `version`, that a reader may get when `committed` is the newest commit. */
  allows(version: number, committed: number): number {
    return this.covers(version) ? version : Math.max(this.kept - 1, committed);
  }
}
