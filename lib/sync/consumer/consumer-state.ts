/** Stores where a consumer stands and which process owns it. */

import type { Transaction } from "../../engine/index.js";
import { firstGreaterOrEqual } from "../../engine/index.js";
import { InvalidCursorError } from "../../errors.js";
import type { LayerContext } from "../../layer/index.js";
import { space, type Tenant } from "../../tenant/index.js";
import { pack, range, unpack, Versionstamp } from "../../tuple/index.js";
import type { SnapshotPlace } from "./consumer-snapshot.js";

/** One key, written in the transaction of each batch. */
export interface ConsumerState {
  /** A commit's versionstamp (24 digits), or a version (decimal) that is complete; absent before the first batch. */
  readonly after: string | undefined;
  /** While rows that existed before are being told: how far they are, as of `after`. */
  readonly snapshot?: SnapshotPlace;
  /** The hashes of its queries by label. */
  readonly queries: Readonly<Record<string, string>>;
  /** Whose turn it is, and until when by its own clock (milliseconds since 1970), for people who look. */
  readonly owner: string | undefined;
  readonly untilMs: number;
  /** Milliseconds for which it may be silent; absent in what an older release has written. */
  readonly leaseMs?: number;
}

export const consumerKey = (tenant: Tenant, name: string): Uint8Array =>
  pack([space.meta, "consumer", name], tenant.prefix);

const decode = (stored: Uint8Array): ConsumerState =>
  JSON.parse(Buffer.from(stored).toString()) as ConsumerState;

export async function readState(ctx: LayerContext, name: string): Promise<ConsumerState | undefined> {
  const stored = await ctx.tx.get(consumerKey(ctx.tenant, name));
  return stored === undefined ? undefined : decode(stored);
}

/**
 * All consumers of a tenant by name, with the version up to which they have processed everything; 0 while they have
 * not been told all rows that existed before.
 */
export async function readConsumers(
  tx: Transaction,
  tenant: Tenant,
): Promise<(ConsumerState & { readonly name: string; readonly version: bigint })[]> {
  const { begin, end } = range([space.meta, "consumer"], tenant.prefix);
  const { rows } = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
    snapshot: true,
  });
  return rows.map(([key, value]) => {
    const state = decode(value);
    const { after, snapshot } = state;
    const position = after === undefined || snapshot !== undefined ? 0n : positionOf(after);
    return {
      ...state,
      name: unpack(key, tenant.prefix.length)[2] as string,
      version: typeof position === "bigint" ? position : position.version,
    };
  });
}

export function writeState(ctx: LayerContext, name: string, state: ConsumerState): void {
  ctx.tx.set(consumerKey(ctx.tenant, name), Buffer.from(JSON.stringify(state)));
}

/** What to read the logs behind. */
export function positionOf(after: string): Versionstamp | bigint {
  return after.length === 24 ? Versionstamp.fromString(after) : BigInt(after);
}

/** The position behind every operation of a commit. */
export const behindCommit = (stamp: string): string => `${stamp}ffff`;

/** @throws InvalidCursorError when a name is used for other queries than before */
export function checkQueries(
  name: string,
  state: ConsumerState,
  queries: Readonly<Record<string, string>>,
): void {
  const same = (a: object, b: object) =>
    JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
  if (same(state.queries, queries)) return;
  throw new InvalidCursorError(
    `The consumer ${JSON.stringify(name)} has processed other queries under this name, so where it stands says nothing ` +
      "about these. Give the new queries a new name.",
  );
}
