/** Keeps the keys of cursors in the store, beside its tenants. */

import { type Engine, type Transaction, transact } from "../../engine/index.js";
import { space, TenantStore } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import { type KeyRing, newRing, rotated } from "./key-ring.js";

/** Behind the prefix of the directory of all tenants. */
export const cursorKeysKey = (home: Uint8Array): Uint8Array => pack([space.meta, "cursor-keys"], home);

const decode = (stored: Uint8Array): KeyRing => JSON.parse(Buffer.from(stored).toString()) as KeyRing;

async function place(tx: Transaction, storageId: string): Promise<Uint8Array> {
  return cursorKeysKey(await new TenantStore(storageId).home(tx));
}

/** The keys of a store; the first who asks makes them. */
export function readKeyRing(engine: Engine, storageId: string): Promise<KeyRing> {
  return transact(engine, async (tx) => {
    const key = await place(tx, storageId);
    const stored = await tx.get(key);
    if (stored !== undefined) return decode(stored);
    const ring = newRing();
    tx.set(key, Buffer.from(JSON.stringify(ring)));
    return ring;
  });
}

/**
 * Begins to sign cursors with a new key.
 *
 * @param keepMs how long cursors of the present key stay good; 0 refuses every cursor that was given until now
 * @returns keys whose cursors are good, the new one too
 */
export function rotateCursorKeys(engine: Engine, storageId: string, keepMs: number): Promise<number> {
  return transact(engine, async (tx) => {
    const key = await place(tx, storageId);
    const stored = await tx.get(key);
    const ring = rotated(stored === undefined ? undefined : decode(stored), Date.now(), keepMs);
    tx.set(key, Buffer.from(JSON.stringify(ring)));
    return ring.keys.length;
  });
}
