/** One subscription of a connection: folds what it is told into a value that is always whole. */

import { type AskedGroup, complete, decodeTransition } from "../wire/read/index.js";
import { because, errorOf } from "./remote-error.js";
import type { RemoteFailure } from "./types.js";

type Value = Readonly<Record<string, unknown>>;
export type Asked = readonly [query: string, params: unknown];
type Listener = (...args: unknown[]) => void;

export interface View {
  readonly group: string;
  readonly labels: Map<string, Asked>;
  value: Value | undefined;
  version: bigint | undefined;
  cursor: string | undefined;
  error: RemoteFailure | undefined;
  /** What is asked of a server; only who has a value goes on from a cursor. */
  asked(): AskedGroup;
  /** Says whether the frame followed what was there; if not, the view has to begin anew. */
  take(text: string, id: string): boolean;
  fail(error: RemoteFailure): void;
  on(event: string, listener: Listener): () => void;
  /** Calls listeners, none of which can stop another one. */
  emit(event: string, ...args: unknown[]): void;
  until(version: bigint | string): Promise<void>;
  close(): void;
}

interface Waiting {
  readonly version: bigint;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const report = (error: unknown): void =>
  ((globalThis as { reportError?: typeof console.error }).reportError ?? console.error)(error);

/**
 * @param ask asks the server to tell when it has a version
 * @param leave is called at its end
 */
export function viewOf(
  group: string,
  labels: Map<string, Asked>,
  ask: (version: bigint) => void,
  leave: () => void,
): View {
  const listeners = new Set<readonly [event: string, listener: Listener]>();
  let waiting: Waiting[] = [];
  const giveUp = (error: RemoteFailure): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  const view: View = {
    group,
    labels,
    value: undefined,
    version: undefined,
    cursor: undefined,
    error: undefined,
    asked: () => ({
      group,
      labels: Object.fromEntries(labels),
      // Undefined is left out of JSON.
      cursor: ((view.value && view.cursor) || undefined) as string,
    }),
    take(text, id) {
      const { value, version } = view;
      let told: unknown;
      try {
        const decoded = decodeTransition(text);
        const { type } = decoded;
        if (type !== "snapshot" && type !== "status" && !value) throw type;
        if (type === "change" && version !== undefined && version !== decoded.from) throw type;
        const made = complete(value ?? {}, decoded);
        told = made.transition;
        if (type !== "status") {
          view.value = made.value;
          view.version = decoded.version;
          // A cursor that is older than the value would tell changes twice.
          view.cursor = decoded.cursor ?? id;
        }
      } catch {
        view.cursor = "";
        return false;
      }
      view.error = undefined;
      view.emit("transition", told);
      waiting = waiting.filter((each) => each.version > view.version! || each.resolve());
      return true;
    },
    fail(error) {
      view.error = error;
      view.emit("error", error);
      giveUp(error);
    },
    on(event, listener) {
      const entry = [event, listener] as const;
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    emit(event, ...args) {
      for (const [name, listener] of [...listeners]) {
        try {
          if (name === event) listener(...args);
        } catch (error) {
          report(error);
        }
      }
    },
    until: (asked) =>
      new Promise((resolve, reject) => {
        const version = BigInt(asked);
        if (view.version! >= version) {
          resolve();
          return;
        }
        waiting.push({ version, resolve, reject });
        ask(version);
      }),
    close() {
      leave();
      giveUp(errorOf(because("closed")));
    },
  };
  return view;
}
