/** Makes a web stream of a reader's transitions: objects, server-sent events, or lines of JSON. */

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
  reader: AsyncIterator<AnyTransition, undefined>,
  format: StreamFormat,
): ReadableStream<AnyTransition | Uint8Array> {
  if (format !== "objects" && format !== "sse" && format !== "ndjson") {
    throw new TypeError(
      `stream() has no format ${JSON.stringify(format)}; there are "objects", "sse" and "ndjson".`,
    );
  }
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await reader.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encode(next.value, format));
      },
      async cancel() {
        await reader.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
