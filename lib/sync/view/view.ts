/** What one live query shows at one version. */

import { type Entry, valuesOf } from "./entry.js";
import { EntryList } from "./entry-list.js";

/** Its value is built when somebody looks, once for all who do. */
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
