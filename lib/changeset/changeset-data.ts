/** The readable part of a changeset: its properties, and how it prints itself. */

import { inspect } from "node:util";
import { type AssocKey, type FieldKey, REDACTED } from "../schema/index.js";
import { mergedParams } from "./input/index.js";
import {
  type Action,
  type ChangesetState,
  type Constraint,
  type FieldError,
  nestedInAll,
  StateHolder,
  stateOf,
  type Validation,
} from "./state/index.js";

/** Any name, with completion for those that are known. */
export type ErrorField<T> = FieldKey<T> | AssocKey<T> | (string & {});

/** What can be read from a changeset. */
export abstract class ChangesetData<T, K extends FieldKey<T>> extends StateHolder {
  /** No errors here and none in the changesets inside; rules that are still `pending` are not known yet. */
  readonly valid: boolean;
  /** The record that the changes are for; never changed. */
  readonly data: T;
  /** What was cast, as it was given; `null` for trusted values. */
  readonly params: Readonly<Record<string, unknown>> | null;
  /** New values by field; under a relation or embed changesets. */
  readonly changes: { readonly [P in K]?: T[P] };
  /**
   * What is wrong with the changes here, in the order in which it was found; those of relations and embeds are in their
   * changesets (`traverseErrors`).
   */
  readonly errors: readonly FieldError<ErrorField<T>>[];
  /** The fields of `validateRequired`. */
  readonly required: readonly string[];
  /** What is to be done with the record (`putAction`, or the write that refused it); `null` while nobody has said. */
  readonly action: Action | null;
  /** Rules that only the store can decide; the Repo does, in the transaction of the write. */
  readonly constraints: readonly Constraint[];
  /** The rules that were applied, with their limits, for forms. */
  readonly validations: readonly Validation[];
  /** Whether asynchronous rules are outstanding; the Repo waits for them, and so do `validated()` and `await`. */
  readonly pending: boolean;

  /** Changesets come from `cast` and `change`. */
  protected constructor(state: ChangesetState) {
    super(state);
    const nested = nestedInAll(state.changes);
    this.valid = state.errors.length === 0 && nested.every(({ valid }) => valid);
    this.data = state.data as T;
    this.params = mergedParams(state.params);
    this.changes = Object.freeze(state.changes) as { readonly [P in K]?: T[P] };
    this.errors = Object.freeze(state.errors) as readonly FieldError<ErrorField<T>>[];
    this.required = Object.freeze(state.required);
    this.action = state.action;
    this.constraints = Object.freeze(state.constraints);
    this.validations = Object.freeze(state.validations);
    this.pending =
      state.pending.some(({ asynchronous }) => asynchronous) || nested.some(({ pending }) => pending);
    if (this.pending) awaitable(this);
    Object.freeze(this);
  }

  /** The changeset with the outcome of its asynchronous rules; the changeset itself when none is outstanding. */
  abstract validated(): Promise<this>;

  [inspect.custom](_depth: number, options: object, print: typeof inspect): string {
    const { fields, leaves } = stateOf(this);
    const changes = Object.entries(this.changes).map(([name, value]) => [
      name,
      fields.has(name) && fields.field(name).redact ? REDACTED : value,
    ]);
    const shown = {
      action: this.action,
      ...(leaves === true ? { leaves } : {}),
      changes: Object.fromEntries(changes),
      errors: this.errors,
      valid: this.valid,
    };
    return `Changeset<${fields.name}> ${print(shown, options)}`;
  }
}

/** Lets `await` give a pending changeset with its rules decided: `const checked = await changeset.validateSchema()`. */
function awaitable<C extends { validated(): Promise<C> }>(changeset: C): void {
  // biome-ignore lint/suspicious/noThenProperty: waiting is what `await` on a pending changeset is to mean
  Object.defineProperty(changeset, "then", {
    value: (...handlers: Parameters<Promise<C>["then"]>) => changeset.validated().then(...handlers),
  });
}
