import { type Engine, EngineError } from "../../../lib/engine/index.js";

/** Counts watches that have neither fired nor failed; the reads of some transactions fail for good. */
export class WatchedEngine implements Engine {
  outstanding = 0;
  failing = false;

  constructor(private readonly inner: Engine) {}

  get kind(): Engine["kind"] {
    return this.inner.kind;
  }

  get url(): string {
    return this.inner.url;
  }

  begin(...defaults: Parameters<Engine["begin"]>): ReturnType<Engine["begin"]> {
    const tx = this.inner.begin(...defaults);
    const { failing } = this;
    const watch = tx.watch.bind(tx);
    tx.watch = (key) => {
      const made = watch(key);
      this.outstanding++;
      const over = () => {
        this.outstanding--;
      };
      made.promise.then(over, over);
      return made;
    };
    const getRange = tx.getRange.bind(tx);
    tx.getRange = (...range) => (failing ? Promise.reject(new EngineError(1510)) : getRange(...range));
    return tx;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
