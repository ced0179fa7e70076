/** The error of applying or writing a changeset that has errors. */

import { PlinthError } from "../../errors.js";
import { stateOf } from "../state/index.js";
import { errorLines } from "./error-tree.js";

/**
 * A changeset with errors was to be applied or written. Nothing was.
 *
 * `changeset` is the invalid one, with `action` set: show its `errors`, or `traverseErrors()` as JSON.
 */
export class InvalidChangesetError<C extends object = object> extends PlinthError {
  static readonly code = "invalid_changeset";
  /** The changeset with its errors. */
  readonly changeset: C;

  constructor(changeset: C, action: string) {
    const state = stateOf(changeset);
    const lines = errorLines(state);
    super(
      "invalid_changeset",
      `Could not ${action} ${state.fields.name}: ${lines.length} error(s) in the changeset.\n` +
        lines.map((line) => `  ${line}`).join("\n") +
        `\nTo get them as a value instead, write try${capitalised(action)} (or check changeset.valid first).`,
    );
    this.changeset = changeset;
  }
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
