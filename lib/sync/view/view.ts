import type { Change } from "../live/index.js";
import { type Entry, valuesOf } from "./entry.js";
import { EntryList } from "./entry-list.js";

/** What one live query shows at one version. The value is built when somebody looks, once for all who do. */
export class View {
  readonly #list: EntryList;
  /** A single value (the row or null, the number) instead of a list. */
  readonly single: boolean;
  #value: unknown;
  #built = false;

  constructor(entries: readonly Entry[] | EntryList, single: boolean) {
    this.#list = entries instanceof EntryList ? entries : EntryList.of(entries);
    this.single = single;
  }

  get entries(): readonly Entry[] {
    return this.#list.entries;
  }

  /** The number of entries; costs nothing. */
  get size(): number {
    return this.#list.length;
  }

  get value(): unknown {
    if (!this.#built) {
      this.#built = true;
      this.#value = this.single ? (this.entries[0]?.value ?? null) : valuesOf(this.entries);
    }
    return this.#value;
  }
}

/** The next state of a live query, worked out inside a transaction and applied when it has committed. */
export interface Draft {
  readonly view: View;
  readonly changes: readonly Change<unknown>[];
  /** Stamps of the commits behind the changes. */
  readonly commits: readonly string[];
  /** The value depends on other feeds than before. */
  readonly relink?: boolean;
  apply(): void;
}
