/** The mutating calls of a nested transaction in their order, for the outer one to take over. */

import type { MutationType, Transaction } from "../port/index.js";

type Call =
  | { readonly kind: "set"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: "clear"; readonly key: Uint8Array }
  | { readonly kind: "clearRange" | "conflict"; readonly begin: Uint8Array; readonly end: Uint8Array }
  | {
      readonly kind: "atomic";
      readonly type: MutationType;
      readonly key: Uint8Array;
      readonly operand: Uint8Array;
    }
  | { readonly kind: "withoutConflict" };

export class RecordedCalls {
  readonly #calls: Call[] = [];

  add(call: Call): void {
    this.#calls.push(call);
  }

  replay(tx: Transaction): void {
    for (const call of this.#calls) {
      switch (call.kind) {
        case "set":
          tx.set(call.key, call.value);
          break;
        case "clear":
          tx.clear(call.key);
          break;
        case "clearRange":
          tx.clearRange(call.begin, call.end);
          break;
        case "conflict":
          tx.addWriteConflictRange(call.begin, call.end);
          break;
        case "atomic":
          tx.atomic(call.type, call.key, call.operand);
          break;
        case "withoutConflict":
          tx.setOption("nextWriteNoWriteConflictRange");
          break;
      }
    }
  }
}
