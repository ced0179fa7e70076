/** Elements of a tuple that are UUIDs. */

import { inspect } from "node:util";
import { TupleError } from "../errors.js";

const pattern = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** A UUID element: 16 bytes that sort as they are; made by {@link uuid}. */
export class TupleUuid {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== 16) throw new TupleError(`A UUID has 16 bytes, not ${bytes.length}.`);
    this.#bytes = Buffer.from(bytes);
    Object.freeze(this);
  }

  /** A copy of the 16 bytes. */
  toBytes(): Uint8Array {
    return Buffer.from(this.#bytes);
  }

  /** @internal */
  copyTo(target: Buffer, at: number): void {
    this.#bytes.copy(target, at);
  }

  /** Whether both have the same 16 bytes. */
  equals(other: TupleUuid): boolean {
    return this.#bytes.equals(other.#bytes);
  }

  /** Lower case, with hyphens. */
  toString(): string {
    const hex = this.#bytes.toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return `uuid(${this.toString()})`;
  }
}

/**
 * A UUID element from its text (hyphens optional, any case) or its 16 bytes.
 *
 * @example tenant.pack(["session", uuid("0190b5e6-7c3a-7000-8000-0123456789ab")])
 * @throws TupleError when it is neither
 */
export function uuid(value: string | Uint8Array): TupleUuid {
  if (typeof value !== "string") return new TupleUuid(value);
  if (!pattern.test(value)) {
    throw new TupleError(
      `${JSON.stringify(value)} is not a UUID (32 hexadecimal digits, for example crypto.randomUUID()).`,
    );
  }
  return new TupleUuid(Buffer.from(value.replaceAll("-", ""), "hex"));
}
