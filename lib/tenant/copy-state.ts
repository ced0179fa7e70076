/** What a copy of a tenant into another store does to it here: writers wait for its last moments, or find it moved. */

import { EngineError } from "../engine/index.js";
import { TenantMovedError } from "../errors.js";

/** Writers wait until a time (milliseconds since 1970), or the tenant lives in the store of a URL from now on. */
export type CopyState = { readonly stoppedUntil: number } | { readonly movedTo: string };

const STOPPED = 1;
const MOVED = 2;
/** FoundationDB's code of a database that is locked: it is tried again. */
const LOCKED = 1038;

export function encodeCopyState(state: CopyState): Uint8Array {
  if ("movedTo" in state) return Buffer.concat([Buffer.of(MOVED), Buffer.from(state.movedTo)]);
  const bytes = Buffer.alloc(9);
  bytes[0] = STOPPED;
  bytes.writeDoubleBE(state.stoppedUntil, 1);
  return bytes;
}

export function decodeCopyState(bytes: Uint8Array): CopyState | undefined {
  const buffer = Buffer.from(bytes);
  if (buffer[0] === MOVED) return { movedTo: buffer.toString("utf8", 1) };
  return buffer[0] === STOPPED && buffer.length === 9 ? { stoppedUntil: buffer.readDoubleBE(1) } : undefined;
}

/**
 * Throws what a transaction in the tenant must end with: it waits while a copy has stopped it, and is refused once it was
 * moved. A stop ends by its own time too, so that nothing waits for a copy that was killed.
 *
 * @throws TenantMovedError
 */
export function refuseCopied(id: string, state: CopyState | undefined): void {
  if (state === undefined) return;
  if ("movedTo" in state) throw tenantMoved(id, state.movedTo);
  if (Date.now() < state.stoppedUntil)
    throw new EngineError(LOCKED, `the last moments of tenant ${JSON.stringify(id)} are being copied`);
}

export function tenantMoved(id: string, url: string): TenantMovedError {
  return new TenantMovedError(
    `The tenant ${JSON.stringify(id)} was moved to ${url} and is not written here any more. Open it there: ` +
      `new Repo({ url: ${JSON.stringify(url)}, … }). When nothing needs what is left here: plinth tenants delete ${id}`,
  );
}
