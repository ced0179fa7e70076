/** Makes a web stream of a reader's transitions: objects, server-sent events, or lines of JSON. */

import { InvalidOptionsError } from "../../errors.js";
import type { AnyTransition, StreamFormat } from "../live/index.js";
import { encodeEvent, encodeTransition } from "./wire.js";

const text = new TextEncoder();

function encode(transition: AnyTransition, format: StreamFormat): AnyTransition | Uint8Array {
  if (format === "sse") return text.encode(encodeEvent(transition));
  if (format === "ndjson") return text.encode(`${encodeTransition(transition)}\n`);
  return transition;
}

/** One transition is taken when the stream asks, so that a slow sink conflates. */
export function transitionStream(
  open: () => AsyncIterator<AnyTransition, undefined>,
  format: StreamFormat,
): ReadableStream<AnyTransition | Uint8Array> {
  if (format !== "objects" && format !== "sse" && format !== "ndjson") {
    throw new InvalidOptionsError(
      `stream() has no format ${JSON.stringify(format)}; there are "objects", "sse" and "ndjson".`,
    );
  }
  const reader = open();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await reader.next();
        if (next.done === true) {
          controller.close();
          return;
        }
        try {
          controller.enqueue(encode(next.value, format));
        } catch (error) {
          // A row that cannot be written as text: its reader ends, and keeps nothing waiting.
          await reader.return?.();
          throw error;
        }
      },
      async cancel() {
        await reader.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
