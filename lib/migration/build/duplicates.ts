/** Collects the records that keep a unique index from being built, and ends its build because of them. */

import { UniqueBuildError } from "../../errors.js";
import {
  decodeMeta,
  encodeMeta,
  type IndexInfo,
  type LayerContext,
  type MaintainedIndex,
  metaKeys,
} from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import { type TupleItem, TupleUuid, Versionstamp } from "../../tuple/index.js";

type Duplicates = UniqueBuildError["duplicates"];

/** Pairs that are kept of an index; a build that has met so many does not go on. */
const ENOUGH = 100;

/** Adds pairs to those that were found before, in the same transaction as the step that has met them. */
export async function noteDuplicates(
  ctx: LayerContext,
  { source, name }: IndexInfo,
  found: readonly (readonly (readonly TupleItem[])[])[],
): Promise<void> {
  if (found.length === 0) return;
  const key = metaKeys.duplicates(ctx.tenant, source, name);
  const known = listOf(await ctx.tx.get(key));
  const all = [...known, ...found.map((pair) => pair.map((pk) => pk.map(plain)))].slice(0, ENOUGH);
  ctx.tx.set(key, encodeMeta(all as StoredValue));
}

const listOf = (bytes: Uint8Array | undefined): Duplicates =>
  bytes === undefined ? [] : (decodeMeta(bytes) as unknown as Duplicates);

/** Keys are kept to be shown. */
const plain = (item: TupleItem): StoredValue =>
  item instanceof TupleUuid || item instanceof Versionstamp ? item.toString() : (item as StoredValue);

/** What the build of an index has met, and what writers have met beside it. */
async function duplicatesOf(ctx: LayerContext, { source, name }: IndexInfo): Promise<Duplicates> {
  const [met, written] = await Promise.all([
    ctx.tx.get(metaKeys.duplicates(ctx.tenant, source, name)),
    ctx.tx.get(metaKeys.duplicate(ctx.tenant, source, name)),
  ]);
  const pair = written === undefined ? [] : [decodeMeta(written) as unknown as Duplicates[number]];
  return [...listOf(met), ...pair];
}

/** @throws UniqueBuildError of the first index that has some, with all of them */
export async function refuseDuplicates(
  ctx: LayerContext,
  indexes: readonly Pick<MaintainedIndex, "info">[],
): Promise<void> {
  await refuse(ctx, indexes, 1);
}

/** As {@link refuseDuplicates}, once there is no use in looking for more. */
export async function refuseManyDuplicates(
  ctx: LayerContext,
  indexes: readonly Pick<MaintainedIndex, "info">[],
): Promise<void> {
  await refuse(ctx, indexes, ENOUGH);
}

async function refuse(
  ctx: LayerContext,
  indexes: readonly Pick<MaintainedIndex, "info">[],
  least: number,
): Promise<void> {
  const unique = indexes.filter((index) => index.info.unique);
  const found = await Promise.all(unique.map(({ info }) => duplicatesOf(ctx, info)));
  unique.forEach(({ info }, i) => {
    const duplicates = found[i] ?? [];
    if (duplicates.length < least) return;
    throw new UniqueBuildError(info.source, info.name, info.fields, duplicates);
  });
}
