/** Collects the errors of a changeset and of those inside it, as a tree by field or as lines of text. */

import {
  type ChangesetState,
  type FieldError,
  isChangeset,
  stateOf,
  type Validation,
} from "../state/index.js";

/** Messages by field; under a relation or embed the same for each of its records. */
export interface ErrorTree<M = string> {
  readonly [field: string]: readonly M[] | ErrorTree<M> | readonly ErrorTree<M>[];
}

/** The errors of a changeset and of those inside it. A list keeps its places: `{}` for a record without errors. */
export const traverseErrors = <M>(state: ChangesetState, message: (error: FieldError) => M): ErrorTree<M> =>
  traverse(state, ({ errors }) => errors, message);

/** The rules of a changeset and of those inside it, in the same form. */
export const traverseValidations = <M>(
  state: ChangesetState,
  told: (validation: Validation) => M,
): ErrorTree<M> => traverse(state, ({ validations }) => validations, told);

function traverse<I extends { readonly field: string }, M>(
  state: ChangesetState,
  itemsOf: (state: ChangesetState) => readonly I[],
  message: (item: I) => M,
): ErrorTree<M> {
  const tree: Record<string, M[] | ErrorTree<M> | ErrorTree<M>[]> = Object.create(null) as Record<
    string,
    M[]
  >;
  for (const error of itemsOf(state)) {
    const present = tree[error.field];
    if (present === undefined) tree[error.field] = [message(error)];
    else (present as M[]).push(message(error));
  }
  for (const [field, change] of Object.entries(state.changes)) {
    // A relation's own errors ("is invalid") come before those of its records.
    if (tree[field] !== undefined) continue;
    if (isChangeset(change)) {
      const nested = traverse(stateOf(change), itemsOf, message);
      if (Object.keys(nested).length > 0) tree[field] = nested;
    } else if (Array.isArray(change) && change.some(isChangeset)) {
      const nested = change.map((one) => (isChangeset(one) ? traverse(stateOf(one), itemsOf, message) : {}));
      if (nested.some((one) => Object.keys(one).length > 0)) tree[field] = nested;
    }
  }
  return { ...tree };
}

/** Why a type refused a value that the program gave; it names class, field, value and what was expected. */
function reasonOf({ meta }: FieldError): string {
  const { reason } = meta;
  return typeof reason === "string" ? ` (${reason})` : "";
}

/** One line for each error, with the path to it: `reviews[0].score: must be greater than 0`. */
export function errorLines(state: ChangesetState, path = ""): string[] {
  const lines = state.errors.map((error) => `${path}${error.field}: ${error.message}${reasonOf(error)}`);
  for (const [field, change] of Object.entries(state.changes)) {
    const list = Array.isArray(change);
    (list ? change : [change]).forEach((one, i) => {
      if (!isChangeset(one)) return;
      const nested = errorLines(stateOf(one), `${path}${field}${list ? `[${i}]` : ""}.`);
      for (const line of nested) lines.push(line);
    });
  }
  return lines;
}
