/** Takes the claim to migrate a tenant, or waits until another worker has finished or died. */

import { type Engine, equalBytes, type Transaction, transact, type Watch } from "../../engine/index.js";
import { createContext, type MetadataCache, metaKeys, verifyTenant } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type Claim, decodeClaim, newClaim, writeClaim } from "../store/index.js";

interface AcquireOptions {
  /** Of the claim; default: that of migrating the tenant. */
  readonly key?: Uint8Array;
  readonly staleClaimMs?: number;
  readonly signal?: AbortSignal;
}

type Attempt =
  | { readonly is: "owned" }
  | { readonly is: "complete" }
  | { readonly is: "claimed"; readonly bytes: Uint8Array; readonly watch: Watch };

/**
 * Becomes the one that works on the tenant's indexes, or waits until there is nothing left to do (then `undefined`). A claim
 * that has not changed for `staleClaimMs` belongs to a dead worker and is taken over; the work goes on where the
 * last committed step left it.
 */
export async function acquire(
  metadata: MetadataCache,
  engine: Engine,
  tenant: Tenant,
  isComplete: (tx: Transaction) => Promise<boolean>,
  options: AcquireOptions,
): Promise<Claim | undefined> {
  const staleMs = options.staleClaimMs ?? 5_000;
  const claim = newClaim();
  let seen: Uint8Array | undefined;
  let since = performance.now();
  for (;;) {
    options.signal?.throwIfAborted();
    const stale = seen !== undefined && performance.now() - since >= staleMs ? seen : undefined;
    const attempt = await tryToOwn(metadata, engine, tenant, isComplete, claim, stale, options.key);
    if (attempt.is === "owned") return claim;
    if (attempt.is === "complete") return undefined;
    if (seen === undefined || !equalBytes(seen, attempt.bytes)) {
      seen = attempt.bytes;
      since = performance.now();
    }
    await changeOrTimeout(attempt.watch, Math.max(1, staleMs - (performance.now() - since)), options.signal);
  }
}

async function tryToOwn(
  metadata: MetadataCache,
  engine: Engine,
  tenant: Tenant,
  isComplete: (tx: Transaction) => Promise<boolean>,
  claim: Claim,
  stale: Uint8Array | undefined,
  key: Uint8Array = metaKeys.claim(tenant),
): Promise<Attempt> {
  return transact(engine, async (tx): Promise<Attempt> => {
    // A deleted tenant has no claim either, and its keys may be another's by now.
    await verifyTenant(createContext(tx, tenant, metadata));
    const [complete, held] = await Promise.all([isComplete(tx), tx.get(key)]);
    if (complete) return { is: "complete" };
    // It may be this worker's own, after a commit whose outcome was unknown.
    const isOther = held !== undefined && decodeClaim(held).owner !== claim.owner;
    if (isOther && (stale === undefined || !equalBytes(held, stale))) {
      return { is: "claimed", bytes: held, watch: tx.watch(key) };
    }
    writeClaim(tx, tenant, claim, key);
    return { is: "owned" };
  });
}

/** Watches may fail (there can be too many); the timeout makes up for it. */
async function changeOrTimeout(
  watch: Watch,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
    abort = () => resolve();
    signal?.addEventListener("abort", abort, { once: true });
  });
  const failed = watch.promise.catch(() => timeout);
  try {
    await Promise.race([failed, timeout]);
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal?.removeEventListener("abort", abort);
    watch.cancel();
  }
}
