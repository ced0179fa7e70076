/** Gathers changes of labels (`set`, `add`, `drop`) that come together into one move. */

import type { Queries } from "../live/index.js";

/** Makes the labels wanted of those shown. */
type Relabel = (queries: Queries) => Queries;

interface Move {
  readonly steps: Relabel[];
  /** Labels that come or go. */
  readonly names: Set<string>;
  readonly done: Promise<void>;
}

/** Starts a move to the labels that `queries` makes of those shown; `names` are known when it has arrived. */
export type StartMove = (queries: Relabel, names: ReadonlySet<string>) => Promise<void>;

/** Changes that come before the move has begun are one move: at one version, in one transition, or not at all. */
export class LabelMoves {
  #next: Move | undefined;

  constructor(private readonly start: StartMove) {}

  add(step: Relabel, named: readonly string[]): Promise<void> {
    const move = this.#next ?? this.#begin();
    move.steps.push(step);
    for (const name of named) move.names.add(name);
    return move.done;
  }

  #begin(): Move {
    const steps: Relabel[] = [];
    const names = new Set<string>();
    const begun = () => {
      if (this.#next === move) this.#next = undefined;
    };
    const queries: Relabel = (shown) => {
      begun();
      return steps.reduce((labels, step) => step(labels), shown);
    };
    const move: Move = { steps, names, done: this.start(queries, names) };
    this.#next = move;
    // One that fails before it has looked at the labels must not take the next one with it.
    move.done.catch(begun);
    return move;
  }
}
