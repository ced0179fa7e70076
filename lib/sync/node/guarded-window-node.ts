/** The node of the first rows of a query that somebody may see: a limit counts the rows that are shown. */

import type { LiveSpec } from "../live/index.js";
import { type Allow, makeLive } from "../live/index.js";
import { Unresumable } from "../log/index.js";
import {
  type ChangedFields,
  type Draft,
  diffEntries,
  type Entry,
  looksSame,
  noFields,
  returnedIn,
  View,
  weighPlaces,
} from "../view/index.js";
import { BaseNode } from "./base-node.js";
import type { Child, CompositeNode, Feed, LiveNode, NodeHub, Past, Step } from "./contracts.js";
import { judge, rightsSince } from "./judge.js";
import type { NodeIdentity } from "./node-identity.js";

type ListSpec = Extract<LiveSpec, { readonly kind: "all" }>;

/** How a step finds the window that it has come to. */
const here = "window";

/** The rights are a filter of the window, which is read anew when they change. */
export class GuardedWindowNode extends BaseNode implements CompositeNode {
  readonly kind = "all";
  readonly source: string;
  /** The window for the rights there are; `id` is their view. */
  #window: Child | undefined;
  #windows = 0;

  constructor(
    private readonly hub: NodeHub,
    identity: string,
    hash: string,
    private readonly list: ListSpec,
    private readonly rights: LiveNode | undefined,
    private readonly allow: Allow,
    private readonly label: string,
    private readonly stated: boolean,
  ) {
    super(identity, hash);
    this.source = list.info.source;
  }

  get fields(): ChangedFields {
    return this.#window?.node.fields ?? noFields;
  }

  override get gated(): boolean {
    return this.list.on !== "changes";
  }

  override get shownAt(): bigint | undefined {
    return this.#window?.node.shownAt;
  }

  /** The rows are held by the window. */
  override get bytes(): number {
    return weighPlaces(this.view.size);
  }

  collectFeeds(into: Set<Feed>): void {
    this.#window?.node.collectFeeds(into);
    this.rights?.collectFeeds(into);
  }

  identify(into: NodeIdentity, step?: Step): void {
    into.schemas.add(this.list.info);
    this.rights?.identify(into, step);
  }

  override get makes(): boolean {
    return this.rights?.makes === true;
  }

  children(): ReadonlyMap<string, Child> {
    return new Map(this.#window === undefined ? [] : [[here, this.#window]]);
  }

  inputs(): readonly LiveNode[] {
    return this.rights === undefined ? [] : [this.rights];
  }

  async settleInputs(step: Step): Promise<void> {
    if (this.rights !== undefined) await step.settle(this.rights);
  }

  async draft(step: Step): Promise<Draft> {
    const { rights } = this;
    if (rights !== undefined && step.failed.has(rights)) throw step.failed.get(rights);
    const window = await this.#windowOf(step);
    if (step.failed.has(window.node)) throw step.failed.get(window.node);
    const draft = step.drafts.get(window.node);
    const first = this.view === undefined;
    const { fields } = window.node;
    const entries = this.#known(step.viewOf(window.node).entries, fields);
    const returned = returnedIn(draft?.changes ?? []);
    const changes = first ? [] : diffEntries(this.view.entries, entries, fields, returned);
    const drafts = [draft, rights && step.drafts.get(rights)];
    const view = !first && changes.length === 0 ? this.view : new View(entries, false);
    return {
      view,
      changes,
      commits: [...new Set(drafts.flatMap((one) => one?.commits ?? []))],
      relink: first || window !== this.#window || drafts.some((one) => one?.relink === true),
      apply: () => this.#apply(window, view),
    };
  }

  /** Rows that are shown already keep their identity when the window is read anew. */
  #known(entries: readonly Entry[], fields: ChangedFields): readonly Entry[] {
    if (this.view === undefined) return entries;
    const shown = new Map(this.view.entries.map((entry) => [entry.key, entry]));
    return entries.map((entry) => {
      const known = shown.get(entry.key);
      return known !== undefined && looksSame(known, entry, fields) && looksSame(entry, known, fields)
        ? known
        : entry;
    });
  }

  async #windowOf(step: Step): Promise<Child> {
    const view = this.rights === undefined ? undefined : step.viewOf(this.rights);
    const cache = step.childrenOf(this);
    const known = cache.get(here) ?? step.laterChildrenOf(this.children())?.get(here);
    if (known !== undefined && known.id === view) return known;
    const { list, allow, label } = this;
    const context = { label, rights: view?.value };
    const ast = Object.freeze({
      ...list.ast,
      filters: [...list.ast.filters, (row: unknown) => judge(allow, row, undefined, context)],
      captured: [...list.ast.captured, ""],
    });
    const identity = `${this.identity}#${this.#windows++}`;
    const node = await step.acquire(makeLive("all", this.hash, identity, { ...list, ast }));
    const child = { id: view, node };
    cache.set(here, child);
    return child;
  }

  #apply(window: Child, view: View): void {
    const before = this.#window;
    if (before === undefined && this.rights !== undefined) {
      this.rights.refs++;
      this.rights.addParent(this);
    }
    this.view = view;
    if (before === window) return;
    this.#window = window;
    window.node.refs++;
    window.node.addParent(this);
    if (before === undefined) return;
    before.node.removeParent(this);
    this.hub.release(before.node);
  }

  /** The first rows that could be seen at a cursor, as long as the rights are what they were. */
  async rewind(step: Step, past: Past): Promise<readonly Entry[]> {
    if (!this.stated) throw new Unresumable("rights-changed");
    await rightsSince(step, past, this.rights);
    const { node } = await this.#windowOf(step);
    return past.entries(step, node);
  }

  dispose(): void {
    if (this.#window === undefined) return;
    for (const node of this.rights === undefined ? [this.#window.node] : [this.#window.node, this.rights]) {
      node.removeParent(this);
      this.hub.release(node);
    }
    this.#window = undefined;
  }
}
