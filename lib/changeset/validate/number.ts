/** The rule that a number, or a decimal, lies within bounds. */

import { ChangesetError } from "../../errors.js";
import { builtinType, showValue } from "../../schema/index.js";
import type { ChangesetState } from "../state/index.js";
import { noteValidation, validateChange } from "./validate-change.js";

/** Text is a decimal, such as "12.50". */
type Bound = number | bigint | string;

/** Bounds of `validateNumber`: numbers, bigints, or decimals as text. Each is none by default. */
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

/** Each bound by what it says of the order of the value and the bound (-1, 0 or 1; NaN of what has none). */
const rules: Readonly<
  Record<Exclude<keyof NumberOptions, "message">, readonly [string, (order: number) => boolean]>
> = {
  lessThan: ["must be less than %{number}", (order) => order < 0],
  greaterThan: ["must be greater than %{number}", (order) => order > 0],
  lessThanOrEqualTo: ["must be less than or equal to %{number}", (order) => order <= 0],
  greaterThanOrEqualTo: ["must be greater than or equal to %{number}", (order) => order >= 0],
  equalTo: ["must be equal to %{number}", (order) => order === 0],
  notEqualTo: ["must be not equal to %{number}", (order) => order < 0 || order > 0],
};

const decimal = builtinType("decimal");

/** The plain text of a decimal; undefined for what is none. */
function decimalOf(value: Bound): string | undefined {
  const result = decimal.cast(value);
  return result.ok ? (result.value as string) : undefined;
}

/** Exact, whatever the two are: a bigint may be compared with a number, a decimal with either. */
function orderOf(value: Bound, bound: Bound): number {
  if (typeof value !== "string" && typeof bound !== "string") {
    return value < bound ? -1 : value > bound ? 1 : value <= bound ? 0 : Number.NaN;
  }
  const [left, right] = [decimalOf(value), decimalOf(bound)];
  if (left !== undefined && right !== undefined) return decimal.compare!(left, right);
  // Of the two, text is always a decimal; a number may be infinite.
  return typeof value === "number" ? value : typeof bound === "number" ? -bound : Number.NaN;
}

function checkBounds(name: string, options: NumberOptions): void {
  for (const [kind, bound] of Object.entries(options)) {
    if (kind === "message") continue;
    if (!Object.hasOwn(rules, kind)) {
      throw new ChangesetError(
        `validateNumber("${name}") knows no "${kind}"; the bounds are ${Object.keys(rules).join(", ")}.`,
      );
    }
    const known = ["number", "bigint", "undefined"].includes(typeof bound);
    if (known || (typeof bound === "string" && decimalOf(bound) !== undefined)) continue;
    throw new ChangesetError(
      `validateNumber("${name}") has the bound ${kind}: ${showValue(bound)}; a bound is a number, a bigint or a decimal ` +
        'as text, such as "12.50".',
    );
  }
}

/** One error at most, for the first bound that is broken. */
export function validateNumber(state: ChangesetState, name: string, options: NumberOptions): ChangesetState {
  checkBounds(name, options);
  const checked = validateChange(state, name, (_, value) => {
    const decimals = typeof value === "string" && state.fields.field(name).type.name === "decimal";
    if (typeof value !== "number" && typeof value !== "bigint" && !decimals) {
      throw new ChangesetError(`validateNumber("${name}") works on numbers, bigints and decimals only.`);
    }
    for (const [kind, [phrase, holds]] of Object.entries(rules)) {
      const bound = options[kind as keyof typeof rules];
      if (bound === undefined || holds(orderOf(value as Bound, bound))) continue;
      return { message: options.message ?? phrase, meta: { validation: "number", kind, number: bound } };
    }
    return null;
  });
  return noteValidation(checked, name, "number", { ...options });
}
