/** The rule that a string matches a regular expression. */

import { types } from "node:util";
import { ChangesetError } from "../../errors.js";
import { showValue } from "../../schema/index.js";
import type { ChangesetState } from "../state/index.js";
import { noteValidation, validateChange } from "./validate-change.js";

export function validateFormat(
  state: ChangesetState,
  name: string,
  format: RegExp,
  { message = "has invalid format" }: { readonly message?: string },
): ChangesetState {
  if (!types.isRegExp(format)) {
    throw new ChangesetError(
      `validateFormat("${name}") takes a regular expression, as /^\\w+$/, not ${showValue(format)}.`,
    );
  }
  const checked = validateChange(state, name, (_, value) => {
    if (typeof value !== "string")
      throw new ChangesetError(`validateFormat("${name}") works on strings only.`);
    // Unlike test(), search() neither reads nor leaves a position in a /g expression.
    return value.search(format) === -1 ? { message, meta: { validation: "format" } } : null;
  });
  return noteValidation(checked, name, "format", { format });
}
