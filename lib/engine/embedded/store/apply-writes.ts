/** Applies the writes of one commit, in their order, to the newest versions in memory. */

import { type Key, MAX_STORED_KEY } from "../../keys/index.js";
import { MutationType } from "../../port/index.js";
import {
  type AtomicType,
  applyAtomic,
  CLEAR_RANGE,
  type Mutation,
  placeStamp,
  SET,
  versionstamp,
} from "../../writes/index.js";
import type { ConflictHistory, Overlay, Slot } from "../versions/index.js";
import type { CommitRequest } from "./commit-request.js";

/** @returns the keys that were written; a key that was written twice is among them twice */
export function applyWrites(
  overlay: Overlay,
  history: ConflictHistory,
  writes: CommitRequest["writes"],
  version: number,
): Slot[] {
  const slots: Slot[] = [];
  writes.eachMutation((mutation) => applyOne(overlay, mutation, version, slots));
  writes.eachConflict((begin, end) => {
    const slot = end === undefined || end === `${begin}\0` ? overlay.slot(begin) : undefined;
    if (slot?.version === version) slot.conflict = version;
    else history.addRange(begin, end ?? `${begin}\0`, version);
  });
  return slots;
}

function applyOne(overlay: Overlay, mutation: Mutation, version: number, slots: Slot[]): void {
  const put = (key: Key, value: Uint8Array | undefined): Slot => {
    const slot = overlay.put(key, value as Buffer | undefined, version);
    slots.push(slot);
    return slot;
  };
  const { key } = mutation;
  switch (mutation.type) {
    case SET:
      put(key, mutation.operand);
      break;
    case CLEAR_RANGE:
      if (mutation.end !== `${key}\0`)
        for (const found of keysIn(overlay, key, mutation.end)) put(found, undefined);
      else if (key.length <= MAX_STORED_KEY) put(key, undefined);
      break;
    case MutationType.setVersionstampedKey:
      put(placeStamp(key, versionstamp(version)), mutation.operand).conflict = version;
      break;
    case MutationType.setVersionstampedValue:
      put(key, placeStamp(mutation.operand, versionstamp(version)));
      break;
    default:
      put(key, applyAtomic(mutation.type as AtomicType, overlay.get(key, version), mutation.operand));
  }
}

function keysIn(overlay: Overlay, begin: Key, end: Key): Key[] {
  const keys: Key[] = [];
  overlay.scan(begin, end, false, Number.MAX_SAFE_INTEGER, (key) => keys.push(key) > 0);
  return keys;
}
