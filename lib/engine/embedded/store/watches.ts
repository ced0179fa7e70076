/** The watches of an open store: pending until their transaction commits, then armed until they fire. */

import { copyValue, type Key, sameValue } from "../../keys/index.js";
import type { Watch } from "../../port/index.js";
import { EngineError } from "../../port/index.js";

type Value = Uint8Array | undefined;

/** A watch of one transaction on one key. */
export class EmbeddedWatch implements Watch {
  readonly promise: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;
  settled = false;
  /** The value it starts from, once that was read. */
  private baseline: Value;
  private begun = false;
  /** What its transaction wrote meanwhile. */
  private own: { readonly value: Value } | undefined;

  constructor(
    readonly key: Key,
    private readonly registry: WatchRegistry | undefined,
    /** The engine handle it belongs to. */
    readonly owner: object | undefined,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }

  static failed(error: unknown): EmbeddedWatch {
    const watch = new EmbeddedWatch("", undefined, undefined);
    watch.fail(error);
    return watch;
  }

  /** The value that the key had in its transaction. */
  begin(value: Value): void {
    this.baseline = value;
    this.begun = true;
    if (this.own !== undefined && !sameValue(this.own.value, value)) this.fire();
  }

  /** Its transaction writes the key: a value that differs from what the watch knows fires it. */
  overwritten(value: Value): void {
    const changed =
      (this.begun && !sameValue(this.baseline, value)) ||
      (this.own !== undefined && !sameValue(this.own.value, value));
    // What the engine has of it is not for as long as a watch lives.
    this.own = { value: value && copyValue(value) };
    if (changed) this.fire();
  }

  /** The key has `value` in the store now. */
  seen(value: Value): void {
    if (!sameValue(this.baseline, value)) this.fire();
  }

  fire(): void {
    if (this.settle()) this.resolve();
  }

  fail(error: unknown): void {
    if (this.settle()) this.reject(error);
  }

  cancel(): void {
    this.fail(new EngineError(1101));
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.registry?.release(this);
    return true;
  }
}

/** Every watch that has neither fired nor failed, and the armed ones by key. */
export class WatchRegistry {
  private readonly outstanding = new Set<EmbeddedWatch>();
  private readonly armed = new Map<Key, Set<EmbeddedWatch>>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.outstanding.size;
  }

  /** Whether a commit may fire anything. */
  get watching(): boolean {
    return this.armed.size > 0;
  }

  create(key: Key, owner: object): EmbeddedWatch {
    if (this.outstanding.size >= this.limit) return EmbeddedWatch.failed(new EngineError(1032));
    const watch = new EmbeddedWatch(key, this, owner);
    this.outstanding.add(watch);
    return watch;
  }

  /** The watch now waits for `key` to differ from its baseline; it may already. */
  arm(watch: EmbeddedWatch, current: Value): void {
    watch.seen(current);
    if (watch.settled) return;
    const set = this.armed.get(watch.key);
    if (set === undefined) this.armed.set(watch.key, new Set([watch]));
    else set.add(watch);
  }

  changed(key: Key, value: Value): void {
    const set = this.armed.get(key);
    if (set === undefined) return;
    for (const watch of set) watch.seen(value);
  }

  /** The watched keys of `[begin, end)`. */
  keysIn(begin: Key, end: Key): Key[] {
    return [...this.armed.keys()].filter((key) => key >= begin && key < end);
  }

  release(watch: EmbeddedWatch): void {
    this.outstanding.delete(watch);
    const set = this.armed.get(watch.key);
    if (set?.delete(watch) && set.size === 0) this.armed.delete(watch.key);
  }

  /** Ends the watches of an engine handle that closes. */
  closeAll(owner: object): void {
    for (const watch of [...this.outstanding]) if (watch.owner === owner) watch.fail(new EngineError(1101));
  }
}
