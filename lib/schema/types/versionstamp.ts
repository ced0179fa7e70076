/** The type `versionstamp`, whose values sort as their commits happened. */

import { Versionstamp } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse } from "./outcome.js";
import { isBytes } from "./realms.js";

const hex = /^[0-9a-f]{24}$/i;

function toStamp(value: unknown): Versionstamp {
  if (!(value instanceof Versionstamp)) return refuse("a Versionstamp", value);
  return value.isComplete ? value : refuse("a Versionstamp that its commit has completed", value);
}

/** `versionstamp`: the place of a commit in the order of all commits; as a primary key the commit assigns it. */
export const versionstamp: FieldType<Versionstamp> = Object.freeze({
  name: "versionstamp",
  cast(value: unknown): CastResult<Versionstamp> {
    if (value instanceof Versionstamp) return value.isComplete ? ok(value) : invalid();
    if (typeof value === "string" && hex.test(value)) return ok(Versionstamp.fromString(value));
    if (typeof value === "bigint" && value >= 0n && value < 1n << 96n)
      return ok(Versionstamp.fromBigInt(value));
    return invalid();
  },
  dump: (value: Versionstamp) => toStamp(value).toBytes(),
  load: (stored: StoredValue) =>
    isBytes(stored) ? toStamp(Versionstamp.fromBytes(stored)) : refuse("a Versionstamp (stored)", stored),
  equal: (a: Versionstamp, b: Versionstamp) => a.equals(b),
  compare: (a: Versionstamp, b: Versionstamp) => a.compare(b),
  toKey: toStamp,
  fromKey: toStamp,
});
