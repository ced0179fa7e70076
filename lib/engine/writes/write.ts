/** What a transaction did to one key: a value it gave it, or operations over whatever the store holds. */

import type { Key } from "../keys/index.js";
import { MutationType } from "../port/index.js";
import { type AtomicType, applyAtomic, mergesInto } from "./atomic.js";
import { CLEAR_RANGE, type Mutation, SET } from "./mutation.js";

interface Operation {
  readonly type: typeof SET | MutationType;
  readonly operand: Uint8Array;
}

const isStamped = (type: number): boolean =>
  type === MutationType.setVersionstampedValue || type === MutationType.setVersionstampedKey;

export class Write {
  /** The value is `value` whatever the store holds (undefined: cleared). */
  known: boolean;
  value: Uint8Array | undefined;
  /** It carries a write conflict range. */
  conflict = false;
  /** It waits for a versionstamp; reading it is `accessed_unreadable`. */
  unreadable: boolean;
  /**
   * It is more than a clear. Key selectors of FoundationDB step over such a key even when its value came out absent
   * (a compare-and-clear that matched).
   */
  operation = false;
  /** While not `known`: operations over the stored value, oldest first. */
  private stack: Operation[] | undefined;

  constructor(known: boolean, unreadable: boolean) {
    this.known = known;
    this.unreadable = unreadable;
  }

  /** Reading it needs nothing from the store, so it conflicts with nobody. */
  get independent(): boolean {
    if (this.known) return true;
    const first = this.stack![0]!.type;
    return first === SET || isStamped(first);
  }

  /** The key has a value that can be read, whatever the store holds. */
  get present(): boolean {
    if (this.unreadable) return false;
    if (this.known) return this.value !== undefined;
    return this.stack!.every(({ type }) => type !== MutationType.compareAndClear);
  }

  /** The value that results from what the store holds. */
  over(stored: Uint8Array | undefined): Uint8Array | undefined {
    if (this.known) return this.value;
    let value = stored;
    for (const { type, operand } of this.stack!) {
      value = type === SET || isStamped(type) ? operand : applyAtomic(type as AtomicType, value, operand);
    }
    return value;
  }

  set(value: Uint8Array): void {
    this.operation = true;
    // A set after a versionstamp does not make the key readable.
    if (this.unreadable) this.push(SET, value);
    else this.know(value);
  }

  clear(): void {
    this.operation = false;
    this.unreadable = false;
    this.know(undefined);
  }

  stamped(type: MutationType, operand: Uint8Array): void {
    if (!this.unreadable && type === MutationType.setVersionstampedValue) this.stack = undefined;
    this.push(type, operand);
    this.operation = true;
    this.unreadable = true;
  }

  atomic(type: AtomicType, operand: Uint8Array): void {
    this.operation = true;
    if (this.known) {
      this.value = applyAtomic(type, this.value, operand);
      return;
    }
    const top = this.stack?.at(-1);
    if (this.unreadable || top?.type !== type || !mergesInto(type, top.operand, operand)) {
      this.push(type, operand);
      return;
    }
    this.stack!.pop();
    this.push(type, applyAtomic(type, top.operand, operand)!);
  }

  /** What it is now, whatever is done to the key later. */
  copy(): Write {
    const copy = new Write(this.known, this.unreadable);
    copy.value = this.value;
    copy.operation = this.operation;
    copy.conflict = this.conflict;
    copy.stack = this.stack === undefined ? undefined : [...this.stack];
    return copy;
  }

  eachMutation(key: Key, visit: (mutation: Mutation) => void): void {
    if (!this.known) for (const { type, operand } of this.stack!) visit({ type, key, operand });
    else if (this.value !== undefined) visit({ type: SET, key, operand: this.value });
    else visit({ type: CLEAR_RANGE, key, end: `${key}\0` });
  }

  private know(value: Uint8Array | undefined): void {
    this.known = true;
    this.value = value;
    this.stack = undefined;
  }

  private push(type: Operation["type"], operand: Uint8Array): void {
    this.known = false;
    this.value = undefined;
    this.stack ??= [];
    this.stack.push({ type, operand });
  }
}
