/** Finds out which parts of a tenant have changed since they were read, without reading them again.
 *
 * A transaction that reads at their version, claims to have read all of them and to write something conflicts exactly
 * with what was committed in between, and the store names the ranges. It works on every engine, for five seconds.
 */

import {
  compareBytes,
  type Engine,
  EngineError,
  firstGreaterOrEqual,
  keyAfter,
  type Transaction,
  transact,
} from "../../engine/index.js";
import { importKey, type Tenant } from "../../tenant/index.js";
import { oldest, type Part } from "./part.js";

/** Parts that one transaction asks about. */
const AT_ONCE = 1000;
const CONFLICT = 1020;
const TOO_OLD = 1007;
const CONFLICTING = Buffer.from("\xff\xff/transaction/conflicting_keys/", "latin1");

type Range = readonly [begin: Uint8Array, end: Uint8Array];

/**
 * Marks the parts that the source has changed since they were read, or about which nothing can be said any more; the
 * others are as they were up to a version that is taken before the look.
 */
export async function markChanged(source: Engine, tenant: Tenant, parts: readonly Part[]): Promise<void> {
  const clean = parts.filter(({ dirty }) => !dirty);
  // Neighbours would be told as one range, so they are asked about apart.
  for (const neighbour of [0, 1]) {
    const apart = clean.filter((_, at) => at % 2 === neighbour);
    for (let at = 0; at < apart.length; at += AT_ONCE)
      await markBatch(source, tenant, apart.slice(at, at + AT_ONCE));
  }
}

async function markBatch(source: Engine, tenant: Tenant, parts: readonly Part[]): Promise<void> {
  if (parts.length === 0) return;
  const until = await transact(source, (tx) => tx.getReadVersion());
  const since = oldest(parts);
  const changed = await changedSince(source, tenant, since, parts);
  for (const part of parts) {
    if (changed === "unknown" || changed.some((range) => overlaps(part, range))) part.dirty = true;
    else part.version = until;
  }
}

const overlaps = ({ begin, end }: Part, [from, to]: Range): boolean =>
  compareBytes(begin, to) < 0 && compareBytes(from, end) < 0;

async function changedSince(
  source: Engine,
  tenant: Tenant,
  since: bigint,
  parts: readonly Part[],
): Promise<readonly Range[] | "unknown"> {
  const tx = source.begin();
  for (;;) {
    try {
      tx.setOption("reportConflictingKeys");
      tx.setReadVersion(since);
      addReadRanges(tx, tenant, parts);
      tx.addWriteConflictRange(...only(importKey(tenant.prefix)));
      await tx.commit();
      return [];
    } catch (error) {
      if (!(error instanceof EngineError) || error.fdbCode === TOO_OLD) return unknownOr(error);
      if (error.fdbCode === CONFLICT) {
        const ranges = await conflicting(tx);
        tx.cancel();
        return ranges.length === 0 ? "unknown" : ranges;
      }
      await tx.onError(error);
    }
  }
}

function unknownOr(error: unknown): "unknown" {
  if (error instanceof EngineError) return "unknown";
  throw error;
}

const only = (key: Uint8Array): Range => [key, keyAfter(key)];

/** What is asked about; not the key that these transactions themselves pretend to write. */
export function addReadRanges(
  tx: Transaction,
  tenant: Tenant,
  parts: readonly Pick<Part, "begin" | "end">[],
): void {
  const [own, behind] = only(importKey(tenant.prefix));
  for (const { begin, end } of parts) {
    if (compareBytes(begin, own) > 0 || compareBytes(end, own) <= 0) tx.addReadConflictRange(begin, end);
    else {
      tx.addReadConflictRange(begin, own);
      if (compareBytes(behind, end) < 0) tx.addReadConflictRange(behind, end);
    }
  }
}

/** The ranges that the failed commit of `tx` names: where one begins stands a "1", where it ends a "0". */
async function conflicting(tx: Transaction): Promise<readonly Range[]> {
  const { rows } = await tx.getRange(
    firstGreaterOrEqual(CONFLICTING),
    firstGreaterOrEqual(Buffer.concat([CONFLICTING, Buffer.of(0xff, 0xff)])),
  );
  const ranges: Range[] = [];
  let begin: Uint8Array | undefined;
  for (const [key, mark] of rows) {
    const at = key.subarray(CONFLICTING.length);
    if (mark[0] === 0x31) begin ??= at;
    else if (begin !== undefined) {
      ranges.push([begin, at]);
      begin = undefined;
    }
  }
  return ranges;
}
