/** Combines several transitions into one: the net change, as if nobody had seen what came in between. */

import type {
  Change,
  ChangeTransition,
  ProgressTransition,
  Queries,
  SyncCursor,
  Version,
} from "../live/index.js";
import {
  changeTransition,
  diffEntries,
  type Entry,
  idText,
  progressTransition,
  type View,
  type Views,
} from "../view/index.js";

/** Rows that came and went in one label since the net began. */
class Comings {
  readonly #born = new Set<string>();
  readonly #left = new Set<string>();

  add(changes: readonly Change<unknown>[]): void {
    for (const change of changes) {
      const id = idText(change.key);
      if (change.op === "insert") this.#born.add(id);
      // What came after the beginning and went again was never seen: it leaves no trace.
      else if (change.op === "delete" && !this.#born.delete(id)) this.#left.add(id);
    }
  }

  leave(ids: Iterable<unknown>): void {
    for (const id of ids) this.#left.add(idText(id));
  }

  readonly returned = (entry: Entry): boolean => this.#left.has(idText(entry.id));
}

/** The end of what a net holds: the next transition follows it. */
export interface Reached {
  readonly version: Version;
  readonly cursor: SyncCursor;
}

/** What was shown before the first of some transitions, and what has come and gone since. */
export class Net {
  readonly #before: Views;
  readonly #comings = new Map<string, Comings>();
  #commits: number;
  #last: Reached | undefined;

  /** @param from the version of the transition before the first one */
  constructor(
    before: Views,
    private readonly from: Version,
    commits = 0,
    last?: Reached,
  ) {
    this.#last = last;
    this.#before = before;
    this.#commits = commits;
  }

  add(transition: ChangeTransition<Queries> | ProgressTransition): void {
    this.#last = transition;
    if (transition.type === "progress") return;
    this.#commits += transition.commits;
    for (const [label, changes] of Object.entries(transition.changes)) {
      let comings = this.#comings.get(label);
      if (comings === undefined) {
        comings = new Comings();
        this.#comings.set(label, comings);
      }
      comings.add(changes ?? []);
    }
  }

  /** Notes rows that left and came back in a label, and commits that took part, for a net that saw none of it. */
  resumed(label: string, returned: Iterable<unknown>, commits: number): void {
    const comings = new Comings();
    comings.leave(returned);
    this.#comings.set(label, comings);
    this.#commits = commits;
  }

  /** For a reader who sees no difference: the next transition follows the last of them. */
  progress(now: Views): ProgressTransition {
    const end: Reached = this.#last ?? now;
    return progressTransition(end.version, () => end.cursor);
  }

  /** One transition from the beginning to `now`; undefined when nothing is different any more. */
  transition(now: Views): ChangeTransition<Queries> | undefined {
    const changes = new Map<string, readonly Change<unknown>[]>();
    const before = new Map<string, View>();
    for (const [label, { view, fields }] of now.labels) {
      const old = this.#before.labels.get(label)?.view;
      if (old === undefined || old === view) continue;
      const steps = diffEntries(old.entries, view.entries, fields, this.#comings.get(label)?.returned);
      if (steps.length === 0) continue;
      changes.set(label, steps);
      before.set(label, old);
    }
    if (changes.size === 0) return undefined;
    // Nothing was visible between the last of them and now, and the next one says that it follows the last.
    const end: Reached = this.#last ?? now;
    return changeTransition(this.from, end.version, () => end.cursor, changes, before, this.#commits);
  }
}
