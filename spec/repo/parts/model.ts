/** What a program comes to, step by step in the order of the calls, on a map of rows. */

import type { PartStep, Step, WriteStep } from "./program.js";

export interface ModelRow {
  readonly n: number;
  readonly mail: string | null;
}

export interface ModelState {
  rows: ReadonlyMap<string, ModelRow>;
  /** Tokens of the parts that stand. */
  tokens: readonly number[];
}

/** Whether a step was done, by the path of the step. */
export type Outcomes = Map<string, boolean>;

class Refused extends Error {}

function write(rows: Map<string, ModelRow>, { kind, id, n, mail }: WriteStep): void {
  const there = rows.has(id);
  if (kind === "insert" && there) throw new Refused("the key is taken");
  if ((kind === "update" || kind === "delete") && !there) throw new Refused("no such row");
  if (kind === "delete") {
    rows.delete(id);
    return;
  }
  for (const [other, row] of rows) {
    if (other !== id && mail !== null && row.mail === mail) throw new Refused("the value is taken");
  }
  rows.set(id, { n, mail });
}

function runStep(state: ModelState, step: Step, path: string, outcomes: Outcomes): void {
  if (step.kind === "part") runPart(state, step, path, outcomes);
  else if (step.kind === "beside") {
    step.steps.forEach((one, at) => {
      attempt(state, one, `${path}.${at}`, outcomes);
    });
  } else {
    const rows = new Map(state.rows);
    for (const one of step.kind === "insertAll" ? step.rows : [step]) write(rows, one);
    state.rows = rows;
  }
}

function runPart(
  state: ModelState,
  { steps, fails, token }: PartStep,
  path: string,
  outcomes: Outcomes,
): void {
  const part: ModelState = { rows: state.rows, tokens: [...state.tokens, token] };
  steps.forEach((step, at) => {
    attempt(part, step, `${path}.${at}`, outcomes);
  });
  if (fails) throw new Refused("the part fails");
  state.rows = part.rows;
  state.tokens = part.tokens;
}

function attempt(state: ModelState, step: Step, path: string, outcomes: Outcomes): void {
  try {
    runStep(state, step, path, outcomes);
    outcomes.set(path, true);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    outcomes.set(path, false);
  }
}

export function runModel(rows: ReadonlyMap<string, ModelRow>, program: readonly Step[]) {
  const state: ModelState = { rows, tokens: [] };
  const outcomes: Outcomes = new Map();
  program.forEach((step, at) => {
    attempt(state, step, String(at), outcomes);
  });
  return { ...state, outcomes };
}
