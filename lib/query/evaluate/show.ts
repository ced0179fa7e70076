/** Shows the value of a condition in explanations of plans and of their key ranges. */

import { isBytes, isDate } from "../../schema/index.js";

export function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (isDate(value)) return value.toISOString();
  if (isBytes(value)) return `0x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return `[${value.map(show).join(",")}]`;
  if (typeof value === "object" && value !== null) return String(value);
  return JSON.stringify(value);
}
