/** The node of a live sum: what a field of whole numbers adds up to over the rows of a query. */

import { InvalidQueryError } from "../../errors.js";
import { matches, type QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { keyOfRow, type RowDelta, rowBefore, type Tests, testsOf, Unresumable } from "../log/index.js";
import {
  type ChangedFields,
  type Draft,
  type Entry,
  noFields,
  numberDraft,
  numberView,
  weighPlaces,
} from "../view/index.js";
import { BaseFeedNode } from "./base-feed-node.js";
import type { Feed, Past, Step } from "./contracts.js";
import { neededFields, requireCaptured } from "./needed-fields.js";

type Summand = number | bigint;

/** Keeps what each row adds, so that a change says by how much the sum moves. */
export class SumNode extends BaseFeedNode {
  override readonly tests: Tests;
  readonly kind = "sum";
  readonly source: string;
  readonly fields: ChangedFields = noFields;
  readonly #rowsAst: QueryAst;
  #values = new Map<string, bigint>();
  #sum = 0n;

  constructor(
    identity: string,
    hash: string,
    readonly ast: QueryAst,
    readonly info: SchemaInfo,
    readonly field: string,
    readonly feed: Feed,
  ) {
    super(identity, hash);
    this.source = info.source;
    this.tests = testsOf(ast, info);
    this.#rowsAst = Object.freeze({ ...ast, order: [], select: undefined });
  }

  override get rows(): number {
    return this.#values.size;
  }

  override get bytes(): number {
    return weighPlaces(this.#values.size);
  }

  /** @throws InvalidQueryError where no number holds it */
  #shown(count: number, sum: bigint): number | bigint | null {
    if (count === 0) return null;
    if (this.info.field(this.field).type.name === "bigint") return sum;
    const number = Number(sum);
    if (Number.isSafeInteger(number)) return number;
    throw new InvalidQueryError(
      `The sum of ${this.info.name}.${this.field} is beyond 2^53, from where on numbers are not exact. Declare the field as bigint.`,
    );
  }

  /** What a row adds; undefined for an empty value. */
  #addend(row: object): bigint | undefined {
    const value = (row as Readonly<Record<string, Summand | null>>)[this.field] ?? null;
    return value === null ? undefined : BigInt(value);
  }

  async evaluate(step: Step): Promise<Draft> {
    const { rows } = await step.reader.rows(this.#rowsAst, this.info);
    const values = new Map<string, bigint>();
    let sum = 0n;
    for (const row of rows) {
      const value = this.#addend(row);
      if (value === undefined) continue;
      values.set(keyOfRow(this.info, row).key, value);
      sum += value;
    }
    return numberDraft(this.view, this.#shown(values.size, sum), [], (view) => {
      this.#values = values;
      this.#sum = sum;
      this.view = view;
    });
  }

  /** The sum at the version of a cursor. */
  async rewind(_step: Step, past: Past): Promise<readonly Entry[]> {
    requireCaptured(this.ast);
    let count = this.#values.size;
    let sum = this.#sum;
    const needed = [...neededFields(this.ast, this.info), this.field];
    const was = (row: object) => matches(this.ast, row);
    for (const logged of (await past.deltas(this.feed)).values()) {
      const delta = logged.as(this.info);
      const row = await delta.row();
      const before = await rowBefore(delta, 0, { needed, matches: was, present: row ?? undefined });
      if (before?.unknown.includes(this.field) === true) throw new Unresumable("cursor-expired");
      const then = before === null ? undefined : this.#addend(before.row);
      const now = row !== null && was(row) ? this.#addend(row) : undefined;
      count += Number(then !== undefined) - Number(now !== undefined);
      sum += (then ?? 0n) - (now ?? 0n);
    }
    return numberView(this.#shown(count, sum)).entries;
  }

  async advance(_step: Step, deltas: readonly RowDelta[]): Promise<Draft | undefined> {
    const moved = new Map<string, bigint | undefined>();
    const commits: string[] = [];
    let sum = this.#sum;
    let count = this.#values.size;
    for (const delta of deltas) {
      const row = await delta.row();
      const value = row !== null && matches(this.ast, row) ? this.#addend(row) : undefined;
      const before = this.#values.get(delta.key);
      if (before === value) continue;
      sum += (value ?? 0n) - (before ?? 0n);
      count += Number(value !== undefined) - Number(before !== undefined);
      moved.set(delta.key, value);
      commits.push(...delta.commits);
    }
    if (moved.size === 0) return undefined;
    return numberDraft(this.view, this.#shown(count, sum), commits, (view) => {
      for (const [key, value] of moved) {
        if (value === undefined) this.#values.delete(key);
        else this.#values.set(key, value);
      }
      this.#sum = sum;
      this.view = view;
    });
  }
}
