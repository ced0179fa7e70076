/** The rule that a number lies within bounds. */

import { ChangesetError } from "../../errors.js";
import type { ChangesetState } from "../state/index.js";
import { noteValidation, validateChange } from "./validate-change.js";

type Bound = number | bigint;

export interface NumberOptions {
  readonly lessThan?: Bound;
  readonly greaterThan?: Bound;
  readonly lessThanOrEqualTo?: Bound;
  readonly greaterThanOrEqualTo?: Bound;
  readonly equalTo?: Bound;
  readonly notEqualTo?: Bound;
  /** `%{number}` stands for the bound. */
  readonly message?: string;
}

const rules: Readonly<
  Record<Exclude<keyof NumberOptions, "message">, readonly [string, (value: Bound, bound: Bound) => boolean]>
> = {
  lessThan: ["must be less than %{number}", (value, bound) => value < bound],
  greaterThan: ["must be greater than %{number}", (value, bound) => value > bound],
  lessThanOrEqualTo: ["must be less than or equal to %{number}", (value, bound) => value <= bound],
  greaterThanOrEqualTo: ["must be greater than or equal to %{number}", (value, bound) => value >= bound],
  // Not `===`: a bigint field may be compared with a number.
  equalTo: ["must be equal to %{number}", (value, bound) => value <= bound && value >= bound],
  notEqualTo: ["must be not equal to %{number}", (value, bound) => value < bound || value > bound],
};

/** One error at most, for the first bound that is broken. */
export function validateNumber(state: ChangesetState, name: string, options: NumberOptions): ChangesetState {
  for (const kind of Object.keys(options)) {
    if (kind === "message" || Object.hasOwn(rules, kind)) continue;
    throw new ChangesetError(
      `validateNumber("${name}") knows no "${kind}"; the bounds are ${Object.keys(rules).join(", ")}.`,
    );
  }
  const checked = validateChange(state, name, (_, value) => {
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw new ChangesetError(`validateNumber("${name}") works on numbers and bigints only.`);
    }
    for (const [kind, [phrase, holds]] of Object.entries(rules)) {
      const bound = options[kind as keyof typeof rules];
      if (bound === undefined || holds(value, bound)) continue;
      return { message: options.message ?? phrase, meta: { validation: "number", kind, number: bound } };
    }
    return null;
  });
  return noteValidation(checked, name, "number", { ...options });
}
