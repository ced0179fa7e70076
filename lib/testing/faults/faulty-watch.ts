/** A watch that may fail or fire by itself once its transaction has committed. */

import type { Watch } from "../../engine/index.js";
import { EngineError } from "../../engine/index.js";
import type { Dice } from "./dice.js";

export class FaultyWatch implements Watch {
  readonly promise: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;

  constructor(private readonly inner: Watch) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
    inner.promise.then(this.resolve, this.reject);
  }

  cancel(): void {
    this.inner.cancel();
  }

  fail(error: EngineError): void {
    this.reject(error);
    this.inner.cancel();
  }

  /** The transaction has committed: now the watch's own faults may happen. */
  armed(dice: Dice): void {
    if (dice.throws("watchError")) this.fail(new EngineError(dice.random() < 0.5 ? 1009 : 1039, "injected"));
    else if (dice.throws("spuriousFire")) {
      const timer = setTimeout(
        () => {
          this.resolve();
          this.inner.cancel();
        },
        dice.random() * (dice.options.maxDelayMs ?? 5),
      );
      timer.unref();
    }
  }
}
