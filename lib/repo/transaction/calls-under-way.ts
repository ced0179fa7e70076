/** Counts the calls under way in a transaction or part, whose end waits for them and says which were forgotten. */

import { OutstandingCallsError } from "../../errors.js";
import type { CallSite } from "./call-site.js";

/** What the caller of a method was given. */
export interface Told {
  promise: Promise<unknown> | undefined;
}

interface Forgotten {
  readonly site: CallSite | undefined;
  /** What it failed with; undefined for a call that came after the end. */
  readonly error: unknown;
}

export class CallsUnderWay {
  #running = 0;
  #closing = false;
  #idle: (() => void) | undefined;
  #forgotten: Forgotten | undefined;

  /** @param outer of a part: those of what is around it, which wait for its calls as well */
  constructor(private readonly outer?: CallsUnderWay) {}

  /** Runs a call; one that comes when the function of the transaction has ended is refused. */
  async run<T>(
    call: () => Promise<T>,
    site: CallSite | undefined,
    ended: () => Error,
    told?: Told,
  ): Promise<T> {
    if (this.#closing) {
      this.#forget({ site, error: undefined }, told);
      throw ended();
    }
    this.#begin();
    try {
      return await call();
    } catch (error) {
      if (this.#closing) this.#forget({ site, error }, told);
      throw error;
    } finally {
      this.#end();
    }
  }

  /** The transaction tells of it. A promise that nobody waits for would end the process before it can. */
  #forget(forgotten: Forgotten, told: Told | undefined): void {
    this.#forgotten ??= forgotten;
    told?.promise?.catch(() => undefined);
  }

  #begin(): void {
    this.#running++;
    if (this.outer !== undefined) this.outer.#begin();
  }

  #end(): void {
    if (--this.#running === 0) this.#idle?.();
    if (this.outer !== undefined) this.outer.#end();
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    while (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  /**
   * The function has ended: waits for calls that it did not await, and for what follows them at once; `undefined` is at
   * once.
   *
   * @throws OutstandingCallsError when one of them failed, or another one came
   */
  close(): Promise<void> | undefined {
    this.#closing = true;
    return this.#running === 0 ? undefined : this.#closeLater();
  }

  async #closeLater(): Promise<void> {
    do {
      await this.idle();
      // Code that waits for such a call may make the next one now.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#running > 0);
    if (this.#forgotten !== undefined) throw outstanding(this.#forgotten);
  }
}

function outstanding({ site, error }: Forgotten): OutstandingCallsError {
  const call = site === undefined ? "A call" : `repo.${site.operation}(…)`;
  const line = site?.line === undefined ? "" : ` at ${site.line}`;
  const came =
    error === undefined
      ? "came after the function of its transaction had returned"
      : `was not awaited by the function of its transaction, and failed: ${error instanceof Error ? error.message : String(error)}`;
  return new OutstandingCallsError(
    `${call}${line} ${came}. Nothing of the transaction is stored. Write: await ${call === "A call" ? "repo.…" : call}.`,
    { cause: error },
  );
}
