/** Applies the writes of one commit, in their order, to the newest versions in memory. */

import { type Key, MAX_STORED_KEY, toKey } from "../../keys/index.js";
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
import { clearKey, encodeKeys, keptKey } from "./clear-notes.js";
import type { CommitRequest } from "./commit-request.js";

/** A range with more keys or bytes than this is cleared as one, without a look at what is in it. */
const KEY_BY_KEY = { keys: 1000, bytes: 1 << 20 };

/** Puts the keys that are written into `slots`, also when it throws; a key that is written twice is among them twice. */
export function applyWrites(
  overlay: Overlay,
  history: ConflictHistory,
  writes: CommitRequest["writes"],
  version: number,
  slots: Slot[],
): void {
  writes.eachMutation((mutation) => applyOne(overlay, mutation, version, slots));
  if (!overlay.clears.empty) noteKept(overlay, version, slots);
  writes.eachConflict((begin, end) => {
    const slot = end === undefined || end === `${begin}\0` ? overlay.slot(begin) : undefined;
    if (slot?.version === version) slot.conflict = version;
    else history.addRange(begin, end ?? `${begin}\0`, version);
  });
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
      if (mutation.end !== `${key}\0`) {
        const keys = keysIn(overlay, key, mutation.end);
        if (keys === undefined) clearAsOne(overlay, key, mutation.end, version, slots);
        else for (const found of keys) put(found, undefined);
      } else if (key.length <= MAX_STORED_KEY) put(key, undefined);
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

/** Undefined when there are too many. */
function keysIn(overlay: Overlay, begin: Key, end: Key): Key[] | undefined {
  const keys: Key[] = [];
  let bytes = 0;
  const whole = overlay.scan(begin, end, false, Number.MAX_SAFE_INTEGER, ({ key, value }) => {
    keys.push(toKey(key));
    bytes += value.length;
    return keys.length <= KEY_BY_KEY.keys && bytes <= KEY_BY_KEY.bytes;
  });
  return whole ? keys : undefined;
}

function clearAsOne(overlay: Overlay, begin: Key, end: Key, version: number, slots: Slot[]): void {
  // What this commit wrote there before has the same version.
  for (const slot of slots) if (slot.key >= begin && slot.key < end) slot.push(version, undefined);
  const id = clearKey(version, slots.length);
  slots.push(overlay.put(id, encodeKeys([begin, end]), version));
  overlay.clears.add({ id, begin, end, version });
}

/** Notes which writes are newer than a clear over them, for a process that finds the clear unfinished. */
function noteKept(overlay: Overlay, version: number, slots: Slot[]): void {
  const kept = new Set<Key>();
  for (const { key, value } of slots)
    if (value !== undefined && overlay.clears.newestOver(key, version) > 0) kept.add(key);
  if (kept.size > 0) slots.push(overlay.put(keptKey(version), encodeKeys([...kept]), version));
}
