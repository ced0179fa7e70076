/** The number, the name and the text of a new migration file. */

import { className, snakeName } from "./names.js";

const NUMBER = /^(\d+)_/;
const DIGITS = 4;

/** The number after the highest among the files of a migrations folder. */
export function nextNumber(files: readonly string[]): number {
  const numbers = files.map((file) => Number(NUMBER.exec(file)?.[1] ?? 0));
  return Math.max(0, ...numbers) + 1;
}

/** The class that a migration file was written with; undefined for other files. */
export function classOfFile(file: string): string | undefined {
  const [, name] = /^\d+_(.+?)\.(?:d\.)?[mc]?[jt]s$/.exec(file) ?? [];
  return name === undefined || !/^\p{L}/u.test(name) ? undefined : className(name);
}

/** `0002_add_orders.ts`. */
export const migrationFile = (number: number, name: string, extension: string): string =>
  `${String(number).padStart(DIGITS, "0")}_${snakeName(name)}.${extension}`;

/** The source of an empty migration. */
export function migrationSource(name: string): string {
  return [
    'import { Migration } from "plinth";',
    "",
    `export class ${className(name)} extends Migration {`,
    "  /**",
    "   * Commands in the order in which they are applied, for example:",
    "   *",
    '   *   create(index(Order, ["customerId", "placedAt"]))',
    "   *   create(metadata(Order))",
    '   *   drop(index(Order, ["customerId"]))',
    "   */",
    "  change() {",
    "    return [];",
    "  }",
    "}",
    "",
  ].join("\n");
}
