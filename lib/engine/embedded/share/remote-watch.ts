/** A watch that the owner of the store holds. */

import { EngineError, type Watch } from "../../port/index.js";
import type { Link } from "./link.js";

export class RemoteWatch implements Watch {
  readonly promise: Promise<void>;
  private fail!: (error: unknown) => void;
  private id: number | undefined;

  constructor(
    private readonly link: Link | undefined,
    transaction: number,
    key: Uint8Array,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.fail = reject;
      this.id = link?.watch(transaction, key, { fired: resolve, failed: reject });
    });
    this.promise.catch(() => undefined);
  }

  static failed(error: EngineError): RemoteWatch {
    const watch = new RemoteWatch(undefined, 0, new Uint8Array());
    watch.fail(error);
    return watch;
  }

  cancel(): void {
    if (this.id !== undefined) this.link?.unwatch(this.id);
    this.fail(new EngineError(1101));
  }
}
