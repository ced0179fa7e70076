/** The keys of cursors as one process knows them: signs with the newest, and finds the one that a cursor names. */

import { type CursorKey, type KeyRing, keyOf } from "./key-ring.js";

/** Milliseconds after which a process looks whether the keys were rotated. */
const freshMs = 60_000;

export class CursorKeys {
  #ring: KeyRing | undefined;
  #readAt = 0;
  /** A read that has not begun, which all who ask meanwhile wait for. */
  #next: Promise<void> | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** @param read the ring of the store, which it makes when there is none */
  constructor(private readonly read: () => Promise<KeyRing>) {}

  /** Resolves when cursors can be signed: at once, but for the first time. */
  async ready(): Promise<void> {
    if (this.#ring === undefined) await this.#readAgain();
    else this.touch();
  }

  /** Looks at times whether the keys were rotated, in the background: those that are known are good meanwhile. */
  touch(): void {
    if (this.#ring === undefined || Date.now() - this.#readAt < freshMs) return;
    // A store that cannot be read says so to whoever needs it.
    this.#readAgain().catch(() => undefined);
  }

  /** The key that signs; `ready` has been awaited before. */
  get signing(): CursorKey {
    return this.#ring!.keys[0];
  }

  /** The key that a cursor names; a name that is not known may be newer than what was read. */
  async find(id: string): Promise<CursorKey | undefined> {
    const known = this.#ring && keyOf(this.#ring, id, Date.now());
    if (known !== undefined) return known;
    await this.#readAgain();
    return keyOf(this.#ring!, id, Date.now());
  }

  /** One read at a time, that begins after whoever waits for it has asked: a crowd of unknown names costs two. */
  #readAgain(): Promise<void> {
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(async () => {
        this.#next = undefined;
        this.#reading = this.read().then((ring) => {
          this.#ring = ring;
          this.#readAt = Date.now();
        });
        await this.#reading;
      });
    return this.#next;
  }
}
