import { type RandomSchema, type Row, typeOf } from "./schema.js";
import { compareOf } from "./types.js";

export type Condition = readonly [field: string, operators: Row];
export type Order = readonly [field: string, direction: "asc" | "desc"];

/** Whether a value satisfies one operator; comparisons never hold for null. */
function holds(schema: RandomSchema, field: string, value: unknown, op: string, wanted: unknown): boolean {
  const type = typeOf(schema, field);
  if (op === "eq") return compareOf(type, value, wanted) === 0;
  if (op === "in") return (wanted as unknown[]).some((one) => compareOf(type, value, one) === 0);
  if (op === "isNull") return (value === null) === wanted;
  if (value === null) return false;
  if (op === "startsWith") return type.startsWith!(value as never, wanted as never);
  const order = compareOf(type, value, wanted);
  return op === "gt" ? order > 0 : op === "gte" ? order >= 0 : op === "lt" ? order < 0 : order <= 0;
}

export const matching =
  (schema: RandomSchema, where: readonly Condition[]) =>
  (row: Row): boolean =>
    where.every(([field, operators]) =>
      Object.entries(operators).every(([op, wanted]) => holds(schema, field, row[field] ?? null, op, wanted)),
    );

export const comparing =
  (schema: RandomSchema, order: readonly Order[]) =>
  (a: Row, b: Row): number => {
    for (const [field, direction] of order) {
      const difference = compareOf(typeOf(schema, field), a[field] ?? null, b[field] ?? null);
      if (difference !== 0) return direction === "desc" ? -difference : difference;
    }
    return 0;
  };

/** A row's key as text, equal for equal keys: of decimals, "1" and "1.00" are one. */
export function keyOf(schema: RandomSchema, row: Row): string {
  const { key } = row;
  const own = schema.key.name === "decimal" ? Math.round(Number(key) * 1000) : key;
  const text = own instanceof Uint8Array ? Buffer.from(own).toString("hex") : String(own);
  return JSON.stringify([schema.partitioned ? row.partition : null, text]);
}

/** The rows as they must be, and what becomes of them. */
export class Model {
  #rows: ReadonlyMap<string, Row> = new Map();

  constructor(readonly schema: RandomSchema) {}

  get rows(): Row[] {
    return [...this.#rows.values()];
  }

  /** For going back to it. */
  get state(): ReadonlyMap<string, Row> {
    return this.#rows;
  }

  set state(rows: ReadonlyMap<string, Row>) {
    this.#rows = rows;
  }

  find(row: Row): Row | undefined {
    return this.#rows.get(keyOf(this.schema, row));
  }

  /** Whether no two of these rows have the same values in a unique index; empty values and other rows do not count. */
  #unique(rows: readonly Row[]): boolean {
    return this.schema.indexes.every(({ unique, fields, where }) => {
      if (!unique) return true;
      const inside = rows
        .filter(matching(this.schema, where))
        .filter((row) => fields.every((field) => (row[field] ?? null) !== null));
      const compare = comparing(
        this.schema,
        fields.map((field) => [field, "asc"]),
      );
      return inside.every((row, i) => inside.slice(i + 1).every((other) => compare(row, other) !== 0));
    });
  }

  /** Takes rows in together, in place of those with their keys; nothing when that would break a unique index. */
  put(rows: readonly Row[]): boolean {
    const next = new Map(this.#rows);
    for (const row of rows) next.set(keyOf(this.schema, row), row);
    if (!this.#unique([...next.values()])) return false;
    this.#rows = next;
    return true;
  }

  /** Takes new rows in together; nothing when a key is taken. */
  insert(rows: readonly Row[]): boolean {
    const keys = rows.map((row) => keyOf(this.schema, row));
    const taken = new Set(keys).size < keys.length || keys.some((key) => this.#rows.has(key));
    return !taken && this.put(rows);
  }

  remove(rows: readonly Row[]): void {
    const next = new Map(this.#rows);
    for (const row of rows) next.delete(keyOf(this.schema, row));
    this.#rows = next;
  }
}
