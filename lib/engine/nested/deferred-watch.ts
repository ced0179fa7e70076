/** A watch of a nested transaction, which begins when the outer one takes it over. */

import { EngineError, type Transaction, type Watch } from "../port/index.js";

export class DeferredWatch implements Watch {
  readonly promise: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #inner: Watch | undefined;
  #cancelled = false;

  constructor(private readonly key: Uint8Array) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => undefined);
  }

  arm(outer: Transaction): void {
    this.#inner = outer.watch(this.key);
    this.#inner.promise.then(this.#resolve, this.#reject);
    if (this.#cancelled) this.#inner.cancel();
  }

  fail(error: EngineError): void {
    this.#reject(error);
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#inner === undefined) this.fail(new EngineError(1101));
    else this.#inner.cancel();
  }
}
