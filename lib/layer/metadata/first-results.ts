/** Keeps what requests with a key of their own came to, so that one that comes again gets the first result. */

import { isDeepStrictEqual } from "node:util";
import { firstGreaterOrEqual, type Transaction } from "../../engine/index.js";
import { InvalidOptionsError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";
import { space, type Tenant } from "../../tenant/index.js";
import { pack, unpack } from "../../tuple/index.js";
import { decodeMeta, encodeMeta } from "../codec/index.js";

/** Results that have served and are removed beside a new one. */
const REMOVED_AT_ONCE = 20;

interface Kept {
  /** Absent for a request that gave nothing. */
  readonly value?: StoredValue;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const keyOf = (tenant: Tenant, key: string): Uint8Array => pack([space.meta, "request", key], tenant.prefix);
const untilKey = (tenant: Tenant, until: number, ...key: readonly string[]): Uint8Array =>
  pack([space.meta, "requestUntil", until, ...key], tenant.prefix);

/** The first result of a request; undefined when it has not come yet, or too long ago. One point read, with conflict. */
export async function readFirstResult(
  tx: Transaction,
  tenant: Tenant,
  key: string,
  now: number,
): Promise<{ readonly value: unknown } | undefined> {
  const bytes = await tx.get(keyOf(tenant, key));
  if (bytes === undefined) return undefined;
  const kept = decodeMeta(bytes) as unknown as Kept;
  return kept.until <= now ? undefined : { value: kept.value };
}

/**
 * Keeps the result of a request in the transaction that made it, and removes some that have served.
 *
 * @throws InvalidOptionsError for a value that would come back as something else
 */
export async function keepFirstResult(
  tx: Transaction,
  tenant: Tenant,
  key: string,
  value: unknown,
  time: { readonly now: number; readonly keepMs: number },
): Promise<void> {
  const until = time.now + time.keepMs;
  const bytes = encoded(value, until);
  await removeServed(tx, tenant, time.now);
  tx.set(keyOf(tenant, key), bytes);
  tx.set(untilKey(tenant, until, key), new Uint8Array(0));
}

function encoded(value: unknown, until: number): Uint8Array {
  try {
    const bytes = encodeMeta((value === undefined ? { until } : { until, value }) as StoredValue);
    const kept = (decodeMeta(bytes) as unknown as Kept).value;
    if (isDeepStrictEqual(kept, value) || value instanceof Uint8Array) return bytes;
  } catch {
    // Said below.
  }
  throw new InvalidOptionsError(
    "With idempotencyKey, what the function gives is stored, and this cannot be: give plain data (text, numbers, bytes, lists " +
      "and objects of them), for example { id: order.id }, and not a record.",
  );
}

async function removeServed(tx: Transaction, tenant: Tenant, now: number): Promise<void> {
  const begin = pack([space.meta, "requestUntil"], tenant.prefix);
  const { rows } = await tx.getRange(
    firstGreaterOrEqual(begin),
    firstGreaterOrEqual(untilKey(tenant, now + 1)),
    {
      limit: REMOVED_AT_ONCE,
      snapshot: true,
    },
  );
  for (const [served] of rows) {
    const [, , until, key] = unpack(served, tenant.prefix.length);
    const kept = await tx.get(keyOf(tenant, String(key)));
    // The same key may have come again since, with a longer life.
    if (kept !== undefined && (decodeMeta(kept) as unknown as Kept).until === Number(until)) {
      tx.clear(keyOf(tenant, String(key)));
    }
    tx.clear(served);
  }
}
