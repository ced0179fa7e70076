/** One subscription of a connection: folds what it is told into a value that is always whole. */

import { type AskedGroup, type Completed, complete, decodeTransition } from "../wire/read/index.js";
import { Emitter } from "./emitter.js";
import { closed, errorOf } from "./remote-error.js";
import type { RemoteFailure } from "./types.js";

type Value = Readonly<Record<string, unknown>>;
export type Asked = readonly [query: string, params: unknown];

/** What a view needs of its connection. */
export interface ViewHost {
  /** Asks the server to tell when it has this version. */
  ask(group: string, version: bigint): void;
  leave(group: string): void;
}

interface Waiting {
  readonly version: bigint;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class View extends Emitter {
  value: Value | undefined;
  version: bigint | undefined;
  cursor: string | undefined;
  error: RemoteFailure | undefined;
  #waiting: Waiting[] = [];

  constructor(
    readonly group: string,
    readonly labels: Map<string, Asked>,
    private readonly host: ViewHost,
  ) {
    super();
  }

  /** What is asked of a server; only who has a value goes on from a cursor. */
  asked(): AskedGroup {
    const { group, cursor, labels, value } = this;
    return { group, labels: Object.fromEntries(labels), ...(value && cursor ? { cursor } : {}) };
  }

  /** Says whether the frame followed what was there; if not, the view has to begin anew. */
  take(text: string, id: string): boolean {
    let made: Completed;
    const { value, version } = this;
    try {
      const decoded = decodeTransition(text);
      const { type } = decoded;
      const begins = type === "snapshot" || type === "status";
      if (!begins && !value) throw type;
      if (type === "change" && version !== undefined && version !== decoded.from) throw type;
      made = complete(value ?? {}, decoded);
      if (type !== "status") {
        this.value = made.value;
        this.version = decoded.version;
        // A cursor that is older than the value would tell changes twice.
        this.cursor = decoded.cursor ?? id;
      }
    } catch {
      this.cursor = "";
      return false;
    }
    this.error = undefined;
    this.emit("transition", made.transition);
    this.#waiting = this.#waiting.filter((each) => each.version > this.version! || each.resolve());
    return true;
  }

  fail(error: RemoteFailure): void {
    this.error = error;
    this.emit("error", error);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  until(asked: bigint | string): Promise<void> {
    return new Promise((resolve, reject) => {
      const version = BigInt(asked);
      if (this.version! >= version) {
        resolve();
        return;
      }
      this.#waiting.push({ version, resolve, reject });
      this.host.ask(this.group, version);
    });
  }

  close(): void {
    this.host.leave(this.group);
    for (const { reject } of this.#waiting.splice(0)) reject(errorOf(closed));
  }
}
