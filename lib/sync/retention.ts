import { type LayerContext, metaKeys, trimLog } from "../layer/index.js";
import { readIndexes } from "../layer/metadata.js";
import { space, type Tenant } from "../tenant/index.js";
import { pack } from "../tuple/index.js";

/** The store's version at some moment: versions say nothing about time, so moments are written down. */
type Mark = readonly [atMs: number, version: string];

/** Marks in the time that a log is kept. */
const marks = 24;

export const retentionKey = (tenant: Tenant): Uint8Array => pack([space.meta, "retention"], tenant.prefix);

/** What timers can wait. */
const longest = 2 ** 31 - 1;

/** Milliseconds between two visits. */
export const visitEvery = (retentionMs: number): number =>
  Math.min(Math.max(1_000, Math.floor(retentionMs / marks)), longest);

/**
 * Removes what is older than `retentionMs` from the logs of a tenant, and notes the time.
 *
 * Of several processes one does it: the others find a mark that is new enough, or conflict with it and then do.
 *
 * @returns the version up to which the logs hold nothing, when this visit removed something
 */
export async function trimLogs(
  ctx: LayerContext,
  nowMs: number,
  retentionMs: number,
): Promise<bigint | undefined> {
  const key = retentionKey(ctx.tenant);
  const [stored, version] = await Promise.all([ctx.tx.get(key), ctx.tx.getReadVersion()]);
  const known = stored === undefined ? [] : (JSON.parse(Buffer.from(stored).toString()) as Mark[]);
  const newest = known.at(-1);
  if (newest !== undefined && nowMs - newest[0] < visitEvery(retentionMs)) return undefined;
  const kept = known.filter(([atMs]) => nowMs - atMs < retentionMs);
  const oldest = known.filter(([atMs]) => nowMs - atMs >= retentionMs).at(-1);
  const next: Mark[] = [...kept, [nowMs, version.toString()]];
  ctx.tx.set(key, Buffer.from(JSON.stringify(next)));
  if (oldest === undefined) return undefined;
  const through = BigInt(oldest[1]);
  const indexes = await readIndexes(ctx.tx, ctx.tenant, metaKeys.allIndexes(ctx.tenant));
  const sources = new Set(indexes.filter(({ kind }) => kind === "metadata").map(({ source }) => source));
  for (const source of sources) trimLog(ctx.tx, ctx.tenant, source, through + 1n);
  return through;
}
