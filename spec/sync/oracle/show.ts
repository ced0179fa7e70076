const decimal = /^-?\d{1,20}(\.\d+)?$/;

function plain(this: unknown, key: string, value: unknown): unknown {
  // Dates arrive here as text already.
  const raw = (this as Record<string, unknown>)[key];
  if (typeof value === "bigint") return `${value}n`;
  if (raw instanceof Date) return `@${raw.getTime()}`;
  if (raw instanceof Uint8Array) return `x${Buffer.from(raw).toString("hex")}`;
  // "1" and "1.00" are one decimal.
  if (typeof value === "string" && decimal.test(value)) return String(Number(value));
  return value;
}

/** A value as text, equal for values that a reader cannot tell apart. */
export const show = (value: unknown): string => JSON.stringify(value, plain) ?? "undefined";
