/** Reads a transition from the text that a server sends. */

import type { AnyTransition } from "../sync/live/index.js";

type Coded = { readonly $bigint?: string; readonly $date?: number; readonly $bytes?: string };

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value);
  if (keys.length !== 1) return value;
  const coded = value as Coded;
  if (typeof coded.$bigint === "string") return BigInt(coded.$bigint);
  if (typeof coded.$date === "number") return new Date(coded.$date);
  if (typeof coded.$bytes === "string") return Uint8Array.from(atob(coded.$bytes), (c) => c.charCodeAt(0));
  return value;
}

/** A transition from its JSON text: dates, big integers and bytes are what they were. */
export function decodeTransition(text: string): AnyTransition {
  return JSON.parse(text, revive) as AnyTransition;
}
