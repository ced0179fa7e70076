/** The writes of a transaction with read-your-writes switched off: sent as they were called. */

import { AFTER_ALL, type Key, RangeSet } from "../keys/index.js";
import type { MutationType } from "../port/index.js";
import { CLEAR_RANGE, type Mutation, SET } from "./mutation.js";

export class NativeWrites {
  private readonly list: Mutation[] = [];
  private readonly conflicts = new RangeSet();

  get empty(): boolean {
    return this.list.length === 0 && this.conflicts.empty;
  }

  set(key: Key, operand: Uint8Array, conflict: boolean): void {
    this.list.push({ type: SET, key, operand });
    if (conflict) this.conflicts.add(key, `${key}\0`);
  }

  clear(key: Key, conflict: boolean): void {
    this.clearRange(key, `${key}\0`, conflict);
  }

  clearRange(key: Key, end: Key, conflict: boolean): void {
    this.list.push({ type: CLEAR_RANGE, key, end });
    if (conflict) this.conflicts.add(key, end);
  }

  atomic(type: MutationType, key: Key, operand: Uint8Array, conflict: boolean): void {
    this.list.push({ type, key, operand });
    if (conflict) this.conflicts.add(key, `${key}\0`);
  }

  addConflict(begin: Key, end: Key): void {
    this.conflicts.add(begin, end);
  }

  eachMutation(visit: (mutation: Mutation) => void): void {
    for (const mutation of this.list) visit(mutation);
  }

  eachConflict(visit: (begin: Key, end: Key | undefined) => void): void {
    for (const [begin, end] of this.conflictRanges()) visit(begin, end);
  }

  conflictRanges(): [Key, Key][] {
    return this.conflicts.within("", AFTER_ALL);
  }
}
