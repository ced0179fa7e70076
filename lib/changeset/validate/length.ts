/** The rule about the length of a string, of bytes or of a list. */

import { ChangesetError } from "../../errors.js";
import { isBytes, showValue } from "../../schema/index.js";
import { type ChangesetState, isLeaving } from "../state/index.js";
import { noteValidation, validateChange } from "./validate-change.js";

/** Limits of `validateLength`, whole numbers from 0: at least one of `is`, `min` and `max`. */
export interface LengthOptions {
  /** Exactly this many. Default: no such limit. */
  readonly is?: number;
  /** At least this many. Default: no such limit. */
  readonly min?: number;
  /** At most this many. Default: no such limit. */
  readonly max?: number;
  /** What is counted in a string: characters as people see them (default), code points or UTF-8 bytes. */
  readonly count?: "graphemes" | "codePoints" | "bytes";
  /** `%{count}` stands for the limit. */
  readonly message?: string;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const limits = ["is", "min", "max"] as const;
const phrases = {
  string: {
    is: "should be %{count} character(s)",
    min: "should be at least %{count} character(s)",
    max: "should be at most %{count} character(s)",
  },
  bytes: {
    is: "should be %{count} byte(s)",
    min: "should be at least %{count} byte(s)",
    max: "should be at most %{count} byte(s)",
  },
  list: {
    is: "should have %{count} item(s)",
    min: "should have at least %{count} item(s)",
    max: "should have at most %{count} item(s)",
  },
} as const;

export function validateLength(state: ChangesetState, name: string, options: LengthOptions): ChangesetState {
  const { count = "graphemes", message } = options;
  const given = limits.filter((limit) => options[limit] !== undefined);
  if (given.length === 0) {
    throw new ChangesetError(
      `validateLength("${name}") needs a limit; write { min: 1 }, { max: 100 } or { is: 8 }.`,
    );
  }
  for (const limit of given) {
    if (Number.isSafeInteger(options[limit]) && (options[limit] as number) >= 0) continue;
    throw new ChangesetError(
      `validateLength("${name}") takes whole numbers from 0; { ${limit} } is ${showValue(options[limit])}.`,
    );
  }
  // Counting stops one past the largest limit: the rest of a huge text cannot change the answer.
  const enough = Math.max(...given.map((limit) => options[limit] as number)) + 1;
  return noteValidation(
    validateChange(state, name, (_, value) => {
      const [type, length] = measure(name, value, count, enough);
      const failed = given.find((limit) => breaks(limit, length, options[limit] as number));
      if (failed === undefined) return null;
      return {
        message: message ?? phrases[type][failed],
        meta: { validation: "length", kind: failed, count: options[failed], type },
      };
    }),
    name,
    "length",
    { ...options },
  );
}

function breaks(limit: (typeof limits)[number], length: number, count: number): boolean {
  return limit === "is" ? length !== count : limit === "min" ? length < count : length > count;
}

function measure(
  name: string,
  value: unknown,
  count: string,
  enough: number,
): ["string" | "bytes" | "list", number] {
  if (typeof value === "string") {
    if (count === "bytes") return ["bytes", Buffer.byteLength(value)];
    return ["string", countUpTo(count === "codePoints" ? value : segmenter.segment(value), enough)];
  }
  if (isBytes(value)) return ["bytes", value.length];
  if (Array.isArray(value)) {
    return ["list", value.filter((item) => !isLeaving(item)).length];
  }
  throw new ChangesetError(`validateLength("${name}") works on strings, bytes and lists only.`);
}

function countUpTo(items: Iterable<unknown>, enough: number): number {
  let counted = 0;
  for (const _ of items) if (++counted >= enough) break;
  return counted;
}
