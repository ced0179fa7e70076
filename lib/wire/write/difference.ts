/** Finds the patch between two values: only what is not the same is told, at any depth. */

import type { Patch } from "../read/index.js";
import { dateJson } from "./date-json.js";

type Fields = Readonly<Record<string, unknown>>;

const nameOf = (value: unknown): string => Object.prototype.toString.call(value);
const isObject = (value: unknown): value is Fields => nameOf(value) === "[object Object]";

/** Whether two values are the same for a reader, to the last bit. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const name = nameOf(a);
  if (name !== nameOf(b)) return false;
  if (name === "[object Date]") return dateJson(a as Date) === dateJson(b as Date);
  if (name === "[object Uint8Array]") {
    const [left, right] = [a as Uint8Array, b as Uint8Array];
    return left.length === right.length && left.every((byte, at) => byte === right[at]);
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same((a as Fields)[key], (b as Fields)[key]))
  );
}

/** Whether a patch of the parts can be told. */
function comparable(before: unknown, after: unknown): before is object {
  if (Array.isArray(before)) return Array.isArray(after) && before.length === after.length;
  return isObject(before) && isObject(after);
}

/**
 * The patch from one value to another; undefined when it has to be told whole.
 *
 * @param data what is sent of an object
 * @param always fields that are told whether they differ or not
 */
export function difference(
  before: unknown,
  after: unknown,
  data: (value: unknown) => unknown,
  always: readonly string[] = [],
): Patch | undefined {
  const [old, now] = [data(before), data(after)] as [Fields, Fields];
  if (!comparable(old, now)) return undefined;
  const set: [string, unknown][] = [];
  const inside: [string, Patch][] = [];
  for (const [name, value] of Object.entries(now)) {
    const known = Object.hasOwn(old, name) && !always.includes(name);
    if (known && same(data(old[name]), data(value))) continue;
    const part = known ? difference(old[name], value, data) : undefined;
    if (part === undefined) set.push([name, value]);
    else inside.push([name, part]);
  }
  const unset = Object.keys(old).filter((name) => !Object.hasOwn(now, name));
  return {
    ...(set.length === 0 ? {} : { set: Object.fromEntries(set) }),
    ...(unset.length === 0 ? {} : { unset }),
    ...(inside.length === 0 ? {} : { in: Object.fromEntries(inside) }),
  };
}
