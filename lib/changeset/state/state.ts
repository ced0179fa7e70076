/** The state of a changeset as an immutable value, and the basic questions to it. */

import type { Constraint } from "./constraint.js";
import type { FieldError, Meta } from "./field-error.js";
import type { FieldSet } from "./field-set.js";

/** What the Repo is to do, or did, with a changeset; any other word marks a run of the rules ("validate"). */
export type Action = "insert" | "update" | "delete" | (string & {});

export type Values = Readonly<Record<string, unknown>>;

/** A rule that was applied, for forms that show limits. */
export interface Validation {
  readonly field: string;
  readonly validation: string;
  readonly options: Meta;
}

/** Rules that finish later; the Repo waits for them. */
export interface PendingValidation {
  /** Whether a rule is known to be asynchronous; else it merely might be. */
  readonly asynchronous: boolean;
  run(state: ChangesetState): Promise<readonly FieldError[]>;
}

/** Runs in the transaction of the write, so perhaps more than once. */
export type PrepareFunction = (changeset: object, repo: unknown) => unknown;

/** Everything that a changeset holds; never changed, only replaced. */
export interface ChangesetState {
  readonly fields: FieldSet;
  readonly data: Values;
  /** The objects that were cast, newest first; none for a changeset of trusted values. */
  readonly params: readonly object[];
  readonly changes: Values;
  readonly errors: readonly FieldError[];
  readonly required: readonly string[];
  readonly action: Action | null;
  readonly validations: readonly Validation[];
  readonly constraints: readonly Constraint[];
  readonly prepare: readonly PrepareFunction[];
  readonly pending: readonly PendingValidation[];
  /** The record stays stored, and is related to its owner no longer. */
  readonly leaves?: boolean;
  /** Whether the record's `updatedAt` moves when only related records change. */
  readonly touch?: boolean;
  /** Whether it is no failure when the record to delete is gone. */
  readonly ifExists?: boolean;
  /** Foreign keys of a new record that the records around it give, when they are written. */
  readonly filled?: readonly string[];
}

export function emptyState(fields: FieldSet, data: object): ChangesetState {
  return {
    fields,
    data: data as Values,
    params: [],
    changes: {},
    errors: [],
    required: [],
    action: null,
    validations: [],
    constraints: [],
    prepare: [],
    pending: [],
  };
}

/** What the other modules see of a changeset: nested ones are values among the changes. */
export interface NestedChangeset {
  readonly valid: boolean;
  readonly pending: boolean;
  readonly action: Action | null;
  readonly data: object;
}

/** Wraps a state; given by the class, so that the functions on states need not know it. */
export type Wrap = (state: ChangesetState) => NestedChangeset;

/** The state that a value holds; undefined of what is no changeset. */
let stateIn: (value: unknown) => ChangesetState | undefined;

/** The base of the changeset's class, by which the functions on states need not know that. */
export abstract class StateHolder {
  readonly #state: ChangesetState;

  protected constructor(state: ChangesetState) {
    this.#state = state;
  }

  static {
    stateIn = (value) =>
      typeof value === "object" && value !== null && #state in value ? value.#state : undefined;
  }
}

export function isChangeset(value: unknown): value is NestedChangeset {
  return stateIn(value) !== undefined;
}

/** The state behind a changeset. */
export function stateOf(changeset: object): ChangesetState {
  const state = stateIn(changeset);
  if (state === undefined) throw new TypeError("This is not a changeset.");
  return state;
}

/** Whether a record of a relation or embed will be there no longer: deleted, or let go. */
export function isLeaving(value: unknown): boolean {
  return isChangeset(value) && (value.action === "delete" || stateOf(value).leaves === true);
}

export function withErrors(state: ChangesetState, errors: readonly FieldError[]): ChangesetState {
  return errors.length === 0 ? state : { ...state, errors: [...state.errors, ...errors] };
}

/** The value of a field: its change, else what the data holds; never undefined. */
export function currentValue(state: ChangesetState, field: string): unknown {
  if (Object.hasOwn(state.changes, field)) return state.changes[field];
  return dataValue(state, field);
}

export function dataValue(state: ChangesetState, field: string): unknown {
  const value = Object.hasOwn(state.data, field) ? state.data[field] : null;
  return value === undefined ? null : value;
}

/** The changesets inside a change of a relation or embed; none for an ordinary value. */
export function nestedIn(change: unknown): readonly NestedChangeset[] {
  if (typeof change !== "object" || change === null) return none;
  if (isChangeset(change)) return [change];
  return Array.isArray(change) ? change.filter(isChangeset) : none;
}

/** The changesets inside all changes; mostly there are none. */
export function nestedInAll(changes: Values): readonly NestedChangeset[] {
  let all: NestedChangeset[] | undefined;
  for (const name of Object.keys(changes)) {
    const nested = nestedIn(changes[name]);
    if (nested.length > 0) all = [...(all ?? none), ...nested];
  }
  return all ?? none;
}

const none: readonly never[] = Object.freeze([]);

export function withConstraint(state: ChangesetState, constraint: Constraint): ChangesetState {
  return { ...state, constraints: [...state.constraints, Object.freeze(constraint)] };
}
