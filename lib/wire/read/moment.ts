/** A moment to the microsecond as a browser gets it: a `Date` that knows what lies below its millisecond. */

export class Moment extends Date {
  /** Microseconds since 1970, exact. */
  declare readonly epochMicroseconds: bigint;

  /** @param text in ISO 8601 with six decimals */
  constructor(text: string) {
    super(text);
    const value = BigInt(this.getTime()) * 1000n + BigInt(text.slice(-4, -1));
    Object.defineProperty(this, "epochMicroseconds", { value });
  }

  override toISOString(): string {
    const below = this.epochMicroseconds % 1000n;
    const digits = `${below < 0n ? below + 1000n : below}`.padStart(3, "0");
    return `${super.toISOString().slice(0, -1)}${digits}Z`;
  }

  override toJSON(): string {
    return this.toISOString();
  }
}
