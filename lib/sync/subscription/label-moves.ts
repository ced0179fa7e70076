import type { Queries } from "../live/index.js";

/** From the labels shown to others. */
type Step = (queries: Queries) => Queries;

interface Move {
  readonly steps: Step[];
  /** Labels that come or go. */
  readonly names: Set<string>;
  readonly done: Promise<void>;
}

/** Starts a move to the labels that `queries` makes of those shown; `names` are known when it has arrived. */
export type StartMove = (queries: Step, names: ReadonlySet<string>) => Promise<void>;

/**
 * Changes of labels. Those that come before the move has begun are one move: their labels change at one version, in
 * one transition, or not at all.
 */
export class LabelMoves {
  #next: Move | undefined;

  constructor(private readonly start: StartMove) {}

  add(step: Step, named: readonly string[]): Promise<void> {
    const move = this.#next ?? this.#begin();
    move.steps.push(step);
    for (const name of named) move.names.add(name);
    return move.done;
  }

  #begin(): Move {
    const steps: Step[] = [];
    const names = new Set<string>();
    const begun = () => {
      if (this.#next === move) this.#next = undefined;
    };
    const queries: Step = (shown) => {
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
