/** What must be read before the change of a row may be written: owners of unique values, and cursors of builds. */

import { equalBytes, keyAfter } from "../../engine/index.js";
import { UniqueViolationError } from "../../errors.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import { encodeMeta } from "../codec/index.js";
import { type LayerContext, rowText, type UniqueJudge } from "../context/index.js";
import type { Entry, MaintainedIndex } from "../indexes/index.js";
import { type Bytes, continuesTuple, EMPTY, keyText, metaKeys, withByte } from "../keys/index.js";
import type { Maintenance } from "./maintenance.js";
import type { RowChange } from "./row-change.js";

export interface Guards {
  /** Whether the builder has counted the row's place already, so that the writer keeps the counter from here on. */
  isBuilt(index: MaintainedIndex): boolean;
  /** Whether the unique value belongs to another row. */
  isForeign(key: Bytes): boolean;
  /** Of a value that the row gives up: the entry of another row that holds it as well, until all is judged. */
  heirOf(key: Bytes): Bytes | undefined;
  /** Two rows have one value while their unique index is being built: the build will fail and name them. */
  reportDuplicate(ctx: LayerContext, index: MaintainedIndex, entry: Entry): void;
}

export const noGuards: Guards = {
  isBuilt: () => true,
  isForeign: () => false,
  heirOf: () => undefined,
  reportDuplicate: () => undefined,
};

class ReadGuards implements Guards {
  private readonly cursors = new Map<MaintainedIndex, boolean>();
  private foreign = new Set<string>();
  private readonly freed: string[] = [];
  /** Unique values that the row had and has. */
  private readonly kept: string[] = [];
  private readonly heirs = new Map<string, Bytes>();
  private readonly owners = new Map<
    string,
    { readonly index: MaintainedIndex; readonly read: Bytes | null }
  >();

  constructor(
    private readonly maintenance: Maintenance,
    private readonly change: RowChange,
  ) {}

  /** Issues all reads at once. */
  async read(ctx: LayerContext): Promise<void> {
    const { maintenance } = this;
    const reads: Promise<void>[] = [];
    for (const index of maintenance.indexes) {
      if (index.info.unique && index.info.state !== "deleteOnly") this.readOwners(ctx, index, reads);
    }
    for (const index of maintenance.counters)
      if (index.followsCursor) reads.push(this.readCursor(ctx, index));
    for (const index of maintenance.custom) if (index.followsCursor) reads.push(this.readCursor(ctx, index));
    if (reads.length > 0) await Promise.all(reads);
  }

  private readOwners(ctx: LayerContext, index: MaintainedIndex, reads: Promise<void>[]): void {
    const { change } = this;
    if (change.op === "update" && !index.touches(change.positions)) return;
    const held = change.old === undefined ? [] : index.entries(change.old, change.pk, false);
    const wanted = change.row === undefined ? [] : index.entries(change.row, change.pk, change.pending);
    for (const after of wanted) {
      if (after.owner === undefined) continue;
      const same = held.some(({ key }) => equalBytes(key, after.key));
      if (!same || index.info.state === "writeOnly") reads.push(this.readOwner(ctx, index, after.key));
      if (same) this.kept.push(keyText(after.key));
    }
    for (const before of held) {
      if (before.owner === undefined || wanted.some(({ key }) => equalBytes(key, before.key))) continue;
      this.freed.push(keyText(before.key));
      if (index.info.state === "writeOnly") reads.push(this.readOwner(ctx, index, before.key));
      else {
        const claim = ctx.attempt.claim(before.key);
        if (claim !== undefined) reads.push(claim);
      }
    }
  }

  private async readOwner(ctx: LayerContext, index: MaintainedIndex, key: Bytes): Promise<void> {
    const claim = ctx.attempt.claim(key);
    if (claim !== undefined) await claim;
    // What this transaction wrote is known, and may not be readable before the commit.
    const known = ctx.attempt.uniqueOwner(keyText(key)) !== undefined;
    this.owners.set(keyText(key), { index, read: known ? null : ((await ctx.tx.get(key)) ?? null) });
  }

  /** Unique values that the change takes or frees, as keys. */
  get uniques(): readonly string[] {
    return [...this.owners.keys(), ...this.freed];
  }

  private async readCursor(ctx: LayerContext, index: MaintainedIndex): Promise<void> {
    const { data } = this.maintenance.keys;
    const place = placeOf(this.change, data);
    // The builder's step over this place must not slip in between this read and the commit.
    ctx.tx.addReadConflictRange(place, keyAfter(place));
    const cursor = (await ctx.tx.get(index.buildKey, true)) ?? EMPTY;
    this.cursors.set(index, Buffer.compare(place.subarray(data.length), cursor) < 0);
  }

  /** Throws before anything is written when a unique value is another row's. */
  check(ctx: LayerContext): void {
    const { judge } = ctx.attempt;
    this.foreign = new Set();
    for (const [text, { index }] of this.owners) {
      const owner = this.ownerOf(ctx, text);
      if (owner === undefined || this.isOwn(owner)) continue;
      // The commit gives a pending row its key, so that it cannot give up its value any more.
      const settled = judge === undefined || owner.length === 0 || this.freed.includes(text);
      if (!settled && !this.kept.includes(text)) this.contest(ctx, judge, text, index, owner);
      else if (settled && index.info.state === "readable") throw this.violation(index, owner);
      else this.foreign.add(text);
    }
    if (judge === undefined) return;
    for (const text of this.kept) this.noteForeign(ctx, text);
    for (const text of this.freed) {
      const heir = judge.free(text, this.rowText());
      this.noteForeign(ctx, text);
      if (heir !== undefined) this.heirs.set(text, heir);
    }
  }

  /** An entry that another row of the judgement has written over is that one's now. */
  private noteForeign(ctx: LayerContext, text: string): void {
    const owner = this.ownerOf(ctx, text);
    if (owner !== undefined && !this.isOwn(owner)) this.foreign.add(text);
  }

  /** Takes a value that another row holds, which may give it up before all is judged. */
  private contest(
    ctx: LayerContext,
    judge: UniqueJudge,
    text: string,
    index: MaintainedIndex,
    owner: Bytes,
  ): void {
    const { row, pk, pending } = this.change;
    const refuse = () => {
      if (index.info.state === "readable") return this.violation(index, owner);
      reportDuplicate(ctx, index, owner, pk);
      return undefined;
    };
    const entry = index.entries(row!, pk, pending).find(({ key }) => keyText(key) === text)!.value;
    const holder = rowText(pack(unpack(owner).slice(0, pk.length), this.maintenance.keys.data));
    judge.contest({ value: text, row: this.rowText(), refuse }, entry, holder, owner);
  }

  private violation(index: MaintainedIndex, owner: Bytes): UniqueViolationError {
    const existing = owner.length === 0 ? [] : unpack(owner).slice(0, this.change.pk.length);
    return new UniqueViolationError(index.info.source, index.info.name, index.properties, existing);
  }

  private rowText(): string {
    const { pending, number, pk } = this.change;
    return rowText(pending ? number : pack(pk, this.maintenance.keys.data));
  }

  private ownerOf(ctx: LayerContext, text: string): Bytes | undefined {
    const written = ctx.attempt.uniqueOwner(text);
    if (written !== undefined) return written ?? undefined;
    return this.owners.get(text)?.read ?? undefined;
  }

  private isOwn(owner: Bytes): boolean {
    if (this.change.pending) return false;
    // Behind the key there is nothing, or the covered fields.
    return continuesTuple(owner, pack(this.change.pk));
  }

  isBuilt(index: MaintainedIndex): boolean {
    return this.cursors.get(index) ?? false;
  }

  isForeign(key: Bytes): boolean {
    return this.foreign.has(keyText(key));
  }

  heirOf(key: Bytes): Bytes | undefined {
    return this.heirs.get(keyText(key));
  }

  reportDuplicate(ctx: LayerContext, index: MaintainedIndex, entry: Entry): void {
    reportDuplicate(ctx, index, this.owners.get(keyText(entry.key))?.read ?? EMPTY, this.change.pk);
  }
}

/** Notes for the builder of a unique index that two rows have one value. */
function reportDuplicate(
  ctx: Pick<LayerContext, "tx" | "tenant">,
  index: MaintainedIndex,
  owner: Bytes,
  pk: readonly TupleItem[],
): void {
  const first = owner.length === 0 ? [] : unpack(owner).slice(0, pk.length);
  const value = encodeMeta([first.map(String), pk.map(String)]);
  const key = metaKeys.duplicate(ctx.tenant, index.info.source, index.info.name);
  ctx.tx.set(key, value);
}

/** What was read for one change. */
export interface ReadGuard {
  readonly guards: Guards;
  /** Unique values that the change takes or frees, as keys. */
  readonly uniques: readonly string[];
  /** @throws UniqueViolationError when the change may not be written */
  check(): void;
}

/** Reads what a change depends on. */
export async function readGuards(
  ctx: LayerContext,
  maintenance: Maintenance,
  change: RowChange,
): Promise<ReadGuard> {
  const guards = new ReadGuards(maintenance, change);
  await guards.read(ctx);
  return { guards, uniques: guards.uniques, check: () => guards.check(ctx) };
}

/**
 * Where the row is, relative to a build's cursor. The commit gives a pending row a key after every other one of its
 * source (or partition), so the end of that decides; it is one key, so that pending rows do not conflict with each
 * other, and a step of the builder that passes it conflicts with them.
 */
function placeOf(change: RowChange, data: Bytes): Bytes {
  if (!change.pending) return pack(change.pk, data);
  return withByte(pack(change.pk.slice(0, -1), data), 0x34);
}
