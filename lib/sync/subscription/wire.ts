/** Encodes transitions as text for readers elsewhere: JSON, or a server-sent event. */

import { hasTextBigints } from "../../schema/index.js";
import { type Frame, type FrameStep, type Patch, touched } from "../../wire/read/index.js";
import { dataOf, difference, pack } from "../../wire/write/index.js";
import type { AnyTransition, Change } from "../live/index.js";

// The JSON of records with bigints has text, of which the type would be lost.
const data = (value: unknown): unknown => dataOf(value, hasTextBigints);

/** The fields that changed, where the patch does not say it already. */
function changedBeside(patch: Patch | undefined, changed: readonly string[]): readonly string[] | undefined {
  const told = new Set(patch === undefined ? [] : touched(patch));
  return told.size === changed.length && changed.every((field) => told.has(field)) ? undefined : changed;
}

/** What a reader elsewhere needs of a change: it holds the rows before. */
function stepOf(change: Change<unknown>): FrameStep {
  if (change.op === "insert") return change;
  const { op, key, index } = change;
  if (op === "delete") return { op, key, index };
  const { from, row, before, unknown: lost } = change;
  const moved = from === index ? {} : { from };
  // What nobody kept is not null in the row that the reader holds.
  const patch = before === row ? {} : difference(before, row, data, lost);
  const changed = changedBeside(patch, change.changed);
  return {
    op,
    key,
    index,
    ...moved,
    ...(patch === undefined ? { row } : touched(patch).length === 0 ? {} : { patch }),
    ...(changed === undefined ? {} : { changed }),
  };
}

function frameOf(transition: AnyTransition): Frame {
  if (transition.type === "status") return transition;
  const version = String(transition.version);
  if (transition.type === "progress") return { type: "progress", version };
  if (transition.type === "snapshot") {
    const { json, tag } = pack(transition.value, hasTextBigints);
    const { type, labels, reason } = transition;
    const value = json as Readonly<Record<string, unknown>>;
    return { type, version, value, labels, reason, ...(tag === undefined ? {} : { tag }) };
  }
  const steps = Object.fromEntries(
    Object.entries(transition.changes).map(([label, changes]) => [label, (changes ?? []).map(stepOf)]),
  );
  const { json, tag } = pack(steps, hasTextBigints);
  const changes = json as typeof steps;
  const { type, from, commits } = transition;
  return { type, version, from: String(from), changes, commits, ...(tag === undefined ? {} : { tag }) };
}

const encoded = new WeakMap<AnyTransition, string>();

/** Made once however many connections send it: all but the cursor, which costs time to make. */
function encode(transition: AnyTransition): string {
  let text = encoded.get(transition);
  if (text === undefined) {
    text = JSON.stringify(frameOf(transition));
    encoded.set(transition, text);
  }
  return text;
}

/** A transition as one line of JSON. */
export function encodeTransition(transition: AnyTransition): string {
  const text = encode(transition);
  return "cursor" in transition ? `{"cursor":${JSON.stringify(transition.cursor)},${text.slice(1)}` : text;
}

/**
 * A server-sent event of type `sync`: its id is the cursor, so that a browser that reconnects sends the cursor back
 * as `Last-Event-ID` by itself. Snapshots stand for themselves and hold it, too.
 */
export function encodeEvent(transition: AnyTransition, type = "sync"): string {
  const id = "cursor" in transition ? `id: ${transition.cursor}\n` : "";
  const text = transition.type === "snapshot" ? encodeTransition(transition) : encode(transition);
  return `${id}event: ${type}\ndata: ${text}\n\n`;
}
