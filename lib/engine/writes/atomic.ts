/** Computes what FoundationDB's atomic operations make of a stored value. */

import { MAX_VALUE_BYTES } from "../keys/index.js";
import { MutationType } from "../port/index.js";

export type AtomicType = Exclude<
  MutationType,
  typeof MutationType.setVersionstampedKey | typeof MutationType.setVersionstampedValue
>;

/** Byte `i` of the stored value, zero-extended to the operand's length. */
const byteAt = (value: Uint8Array, i: number): number => (i < value.length ? value[i]! : 0);

function resize(value: Uint8Array, length: number): Buffer {
  const out = Buffer.alloc(length);
  out.set(value.subarray(0, length));
  return out;
}

function add(value: Uint8Array, operand: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(operand.length);
  let carry = 0;
  for (let i = 0; i < operand.length; i++) {
    carry += byteAt(value, i) + operand[i]!;
    out[i] = carry & 0xff;
    carry >>= 8;
  }
  return out;
}

function bitwise(value: Uint8Array, operand: Uint8Array, op: (a: number, b: number) => number): Buffer {
  const out = Buffer.allocUnsafe(operand.length);
  for (let i = 0; i < operand.length; i++) out[i] = op(byteAt(value, i), operand[i]!);
  return out;
}

/** Unsigned little-endian comparison of the value (cut or extended to the operand's length) with the operand. */
function compareLittleEndian(value: Uint8Array, operand: Uint8Array): number {
  for (let i = operand.length - 1; i >= 0; i--) {
    const difference = byteAt(value, i) - operand[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * What an atomic operation makes of the stored value; `undefined` is absent, before and after.
 *
 * @see https://apple.github.io/foundationdb/api-c.html#c.fdb_transaction_atomic_op
 */
export function applyAtomic(
  type: AtomicType,
  value: Uint8Array | undefined,
  operand: Uint8Array,
): Uint8Array | undefined {
  if (type === MutationType.compareAndClear)
    return value !== undefined && Buffer.compare(value, operand) === 0 ? undefined : value;
  if (value === undefined) return operand;
  switch (type) {
    case MutationType.add:
      return add(value, operand);
    case MutationType.and:
      return bitwise(value, operand, (a, b) => a & b);
    case MutationType.or:
      return bitwise(value, operand, (a, b) => a | b);
    case MutationType.xor:
      return bitwise(value, operand, (a, b) => a ^ b);
    case MutationType.appendIfFits:
      return value.length + operand.length <= MAX_VALUE_BYTES ? Buffer.concat([value, operand]) : value;
    case MutationType.max:
      return compareLittleEndian(value, operand) > 0 ? resize(value, operand.length) : operand;
    case MutationType.min:
      return compareLittleEndian(value, operand) < 0 ? resize(value, operand.length) : operand;
    case MutationType.byteMin:
      return Buffer.compare(value, operand) < 0 ? value : operand;
    case MutationType.byteMax:
      return Buffer.compare(value, operand) > 0 ? value : operand;
  }
}

const associative = new Set<number>([
  MutationType.and,
  MutationType.byteMin,
  MutationType.byteMax,
  MutationType.appendIfFits,
]);

/** Whether two operations of one type become one operand before they are sent. */
export function mergesInto(type: AtomicType, earlier: Uint8Array, later: Uint8Array): boolean {
  if (type === MutationType.compareAndClear) return false;
  return associative.has(type) || earlier.length === later.length;
}
