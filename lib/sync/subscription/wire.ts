/** Encodes transitions as text for readers elsewhere: JSON, or a server-sent event. */

import { hasTextBigints } from "../../schema/index.js";
import type { AnyTransition } from "../live/index.js";

/** Values that JSON cannot hold, as objects with one reserved key. */
function replace(this: unknown, key: string, value: unknown): unknown {
  // Dates arrive here as text already, because JSON.stringify calls toJSON first.
  const raw = (this as Record<string, unknown>)[key];
  // So do records with bigints, of which the type would be lost.
  if (hasTextBigints(raw)) return { ...raw };
  if (typeof value === "bigint") return { $bigint: value.toString() };
  if (raw instanceof Date) return { $date: raw.getTime() };
  if (raw instanceof Uint8Array) return { $bytes: Buffer.from(raw).toString("base64") };
  return value;
}

/** What a reader elsewhere needs: it holds the previous values itself. */
function toJson(transition: AnyTransition): string {
  if (transition.type !== "change") return JSON.stringify(transition, replace);
  const { type, version, from, cursor, changes, commits } = transition;
  return JSON.stringify({ type, version, from, cursor, changes, commits }, replace);
}

const encoded = new WeakMap<AnyTransition, string>();

/** A transition as one line of JSON, made once however many connections send it. */
export function encodeTransition(transition: AnyTransition): string {
  let text = encoded.get(transition);
  if (text === undefined) {
    text = toJson(transition);
    encoded.set(transition, text);
  }
  return text;
}

/**
 * A server-sent event of type `sync`: its id is the cursor, so that a browser that reconnects sends the cursor back
 * as `Last-Event-ID` by itself.
 */
export function encodeEvent(transition: AnyTransition): string {
  const id = "cursor" in transition ? `id: ${transition.cursor}\n` : "";
  return `${id}event: sync\ndata: ${encodeTransition(transition)}\n\n`;
}
