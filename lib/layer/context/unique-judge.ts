/** Judges the unique values of writes that belong together by what is stored in the end: rows may swap values. */

import { type Bytes, keyText } from "../keys/index.js";

/** A row that took a value which another row held at that moment. */
export interface Contest {
  readonly value: string;
  readonly row: string;
  /** The error to throw when both rows still hold the value in the end; undefined when that is told otherwise. */
  refuse(): unknown;
}

/** @param row its key, or its number where the commit assigns the key */
export const rowText = (row: Bytes | number): string =>
  typeof row === "number" ? `pending ${row}` : keyText(row);

/**
 * Rows of one judgement write over each other's entries of unique indexes; who holds a value in the end is decided when
 * all of them have written. Rows and values are told by texts of their keys.
 */
export class UniqueJudge {
  readonly #contests: Contest[] = [];
  /** Of contested values alone: the rows that hold it, each with the entry that says so. */
  readonly #holders = new Map<string, Map<string, Bytes>>();
  readonly #explanations = new Map<string, (error: unknown) => unknown>();

  /** @param holder held the value so far */
  contest(contest: Contest, entry: Bytes, holder: string, holderEntry: Bytes): void {
    const { value, row } = contest;
    const holders = this.#holders.get(value) ?? new Map([[holder, holderEntry]]);
    holders.set(row, entry);
    this.#holders.set(value, holders);
    this.#contests.push(contest);
  }

  /** The row gives the value up. @returns the entry of a row that still holds it */
  free(value: string, row: string): Bytes | undefined {
    const holders = this.#holders.get(value);
    holders?.delete(row);
    return holders?.values().next().value;
  }

  /** Keeps how the refusal of a row reads for its caller. */
  explain(row: Bytes | number, explanation: (error: unknown) => unknown): void {
    this.#explanations.set(rowText(row), explanation);
  }

  /** @throws the refusal of the first row whose value another row holds as well */
  judge(): void {
    for (const { value, row, refuse } of this.#contests) {
      const holders = this.#holders.get(value)!;
      if (holders.size < 2 || !holders.has(row)) continue;
      const error = refuse();
      if (error !== undefined) throw this.#explanations.get(row)?.(error) ?? error;
    }
  }
}
