/** The node of `sync.each` and `sync.many`: one live query for each id of a list. */

import { callUser } from "../call/index.js";
import { type AnyLive } from "../live/index.js";
import { inPieces, settled, Unresumable } from "../log/index.js";
import {
  type ChangedFields,
  type Draft,
  diffEntries,
  type Entry,
  noFields,
  returnedKeys,
  unknownOf,
  View,
  weighPlaces,
} from "../view/index.js";
import { BaseNode } from "./base-node.js";
import type { Child, CompositeNode, Feed, LiveNode, NodeHub, Past, Step } from "./contracts.js";
import { madeOf } from "./made-of.js";
import { addMade, type NodeIdentity } from "./node-identity.js";

/** The ids of a fixed list as entries; an id that is named twice stands twice. */
function fixedEntries(ids: readonly unknown[]): readonly Entry[] {
  const seen = new Map<string, number>();
  return ids.map((id) => {
    const text = id instanceof Uint8Array ? Buffer.from(id).toString("hex") : String(id);
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    return { key: `${text}#${count}`, id, row: id, value: id };
  });
}

/** A list of foreign keys has places without one: they stand for no row. */
const isGiven = ({ value }: Entry): boolean => value !== null && value !== undefined;

/** Rows that stay keep their live query, whatever happens to the list. */
export class EachNode extends BaseNode implements CompositeNode {
  readonly kind = "each";
  readonly source = "";
  readonly #fixed: readonly Entry[];
  #children = new Map<string, Child>();

  constructor(
    private readonly hub: NodeHub,
    identity: string,
    hash: string,
    /** Where the ids come from, unless they are fixed. */
    readonly ids: LiveNode | undefined,
    fixed: readonly unknown[],
    private readonly make: (id: never) => AnyLive,
  ) {
    super(identity, hash);
    this.#fixed = fixedEntries(fixed);
  }

  /** Children differ in nothing but their row, so the first one tells how their fields compare. */
  get fields(): ChangedFields {
    for (const { node } of this.#children.values()) return node.view.single ? node.fields : noFields;
    return noFields;
  }

  override get gated(): boolean {
    return this.ids?.gated === true || this.#anyChild((node) => node.gated);
  }

  /** That of the ids; rows that stand still by themselves have no version in common. */
  override get shownAt(): bigint | undefined {
    return this.#anyChild((node) => node.shownAt !== undefined) ? -1n : this.ids?.shownAt;
  }

  #anyChild(test: (node: LiveNode) => boolean): boolean {
    for (const { node } of this.#children.values()) if (test(node)) return true;
    return false;
  }

  override get makes(): boolean {
    return this.ids !== undefined;
  }

  children(): ReadonlyMap<string, Child> {
    return this.#children;
  }

  inputs(): readonly LiveNode[] {
    return this.ids === undefined ? [] : [this.ids];
  }

  /** The rows are held by the queries that it is made of. */
  override get bytes(): number {
    return weighPlaces(this.#children.size);
  }

  collectFeeds(into: Set<Feed>): void {
    this.ids?.collectFeeds(into);
    for (const { node } of this.#children.values()) node.collectFeeds(into);
  }

  identify(into: NodeIdentity, step?: Step): void {
    if (this.ids === undefined) {
      // Fixed ids stand in the query itself, and the rows of all are of one schema.
      for (const { node } of [...this.#children.values(), ...(step?.childrenOf(this).values() ?? [])]) {
        node.identify(into, step);
        return;
      }
      return;
    }
    this.ids.identify(into, step);
    if (step !== undefined) return;
    for (const child of this.#children.values()) into.made = addMade(into.made, madeOf(child));
  }

  async settleInputs(step: Step): Promise<void> {
    if (this.ids !== undefined) await step.settle(this.ids);
  }

  async draft(step: Step): Promise<Draft> {
    if (this.ids !== undefined && step.failed.has(this.ids)) throw step.failed.get(this.ids);
    const list = this.ids === undefined ? this.#fixed : step.viewOf(this.ids).entries.filter(isGiven);
    const children = new Map<string, Child>();
    await settled(
      list.map(async (entry) => {
        children.set(entry.key, await this.#child(step, entry));
      }),
    );
    const before = this.view?.entries ?? [];
    const known = new Map(before.map((entry) => [entry.key, entry]));
    const entries: Entry[] = [];
    const commits = new Set<string>(this.ids === undefined ? [] : step.drafts.get(this.ids)?.commits);
    const returned = new Set<string>();
    let fields: ChangedFields = noFields;
    let relinked = this.ids !== undefined && step.drafts.get(this.ids)?.relink === true;
    for (const entry of list) {
      const { node } = children.get(entry.key)!;
      if (step.failed.has(node)) throw step.failed.get(node);
      const view = step.viewOf(node);
      const draft = step.drafts.get(node);
      if (view.single) fields = node.fields;
      if (draft?.relink === true) relinked = true;
      for (const commit of draft?.commits ?? []) commits.add(commit);
      // A row that left and came back within one step says so by itself.
      if (view.single && (draft?.changes.length ?? 0) > 1) returned.add(entry.key);
      const value = view.value;
      if (view.single && value === null) continue;
      const old = known.get(entry.key);
      entries.push(
        old !== undefined && old.value === value
          ? old
          : { key: entry.key, id: entry.value, row: value, value },
      );
    }
    const changes =
      this.view === undefined ? [] : diffEntries(before, entries, fields, returnedKeys(returned));
    const same = this.view !== undefined && changes.length === 0;
    const view = same ? this.view : new View(entries, false);
    const relink = this.view === undefined || !sameChildren(children, this.#children) || relinked;
    return { view, changes, commits: [...commits], relink, apply: () => this.#apply(children, view) };
  }

  /** The list at the version of a cursor, with rows of ids that have left since. */
  async rewind(step: Step, past: Past): Promise<readonly Entry[]> {
    const then = this.ids === undefined ? this.#fixed : await past.entries(step, this.ids);
    // Without all ids, nobody knows which rows there were.
    if (then.some(({ unknown }) => unknown !== undefined)) throw new Unresumable("cursor-expired");
    const list = then.filter(isGiven);
    const present = new Map(step.viewOf(this).entries.map((entry) => [entry.key, entry]));
    const entries = await inPieces(list, (entry) => this.#childBefore(step, past, entry, present));
    return entries.filter((entry) => entry !== undefined);
  }

  async #childBefore(
    step: Step,
    past: Past,
    entry: Entry,
    present: ReadonlyMap<string, Entry>,
  ): Promise<Entry | undefined> {
    const child = await this.#child(step, entry);
    const { node } = child;
    if (this.ids !== undefined) past.noteMade(this, node, madeOf(child, step));
    const now = step.viewOf(node);
    const then = await past.entries(step, node);
    const known = present.get(entry.key);
    const unchanged =
      then.length === now.entries.length && then.every((before, i) => before === now.entries[i]);
    // The place may be that of another id by now.
    if (unchanged && known !== undefined && known.value === now.value) return known;
    const value = new View(then, now.single).value;
    if (now.single && value === null) return undefined;
    const unknown = now.single ? then[0]?.unknown : undefined;
    return { key: entry.key, id: entry.value, row: value, value, ...unknownOf(unknown ?? []) };
  }

  async #child(step: Step, entry: Entry): Promise<Child> {
    const cache = step.childrenOf(this);
    const known = cache.get(entry.key) ?? step.laterChildrenOf(this.#children)?.get(entry.key);
    if (known !== undefined && known.id === entry.value) {
      await step.settle(known.node);
      return known;
    }
    const live = callUser("The function of sync.each", () => this.make(entry.value as never));
    const node = await step.acquire(live);
    await step.settle(node);
    const child = { id: entry.value, node };
    cache.set(entry.key, child);
    return child;
  }

  #apply(children: Map<string, Child>, view: View): void {
    const before = this.#children;
    if (this.view === undefined && this.ids !== undefined) {
      this.ids.refs++;
      this.ids.addParent(this);
    }
    this.view = view;
    this.#children = children;
    for (const { node } of children.values()) {
      node.refs++;
      node.addParent(this);
    }
    // Counted up before it is counted down: a child that stays keeps its subscription.
    const kept = new Set([...children.values()].map((child) => child.node));
    for (const { node } of before.values()) {
      if (!kept.has(node)) node.removeParent(this);
      this.hub.release(node);
    }
  }

  dispose(): void {
    const { hub } = this;
    if (this.view !== undefined && this.ids !== undefined) {
      this.ids.removeParent(this);
      hub.release(this.ids);
    }
    for (const { node } of this.#children.values()) {
      node.removeParent(this);
      hub.release(node);
    }
    this.#children = new Map();
  }
}

function sameChildren(a: ReadonlyMap<string, Child>, b: ReadonlyMap<string, Child>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, child] of a) if (b.get(key)?.node !== child.node) return false;
  return true;
}
