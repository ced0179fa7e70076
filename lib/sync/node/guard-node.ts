/** The node that lets through only those rows of another that somebody may see. */

import { UnsupportedQueryError } from "../../errors.js";
import type { Allow } from "../live/index.js";
import { Unresumable } from "../log/index.js";
import type { ChangedFields, Entry } from "../view/index.js";
import { type Draft, diffEntries, returnedIn, View, weighPlaces } from "../view/index.js";
import { BaseNode } from "./base-node.js";
import type { Child, CompositeNode, Feed, LiveNode, NodeHub, Past, Step } from "./contracts.js";
import { judge, rightsSince } from "./judge.js";
import type { NodeIdentity } from "./node-identity.js";

const none: ReadonlyMap<string, Child> = new Map();

/** All rows are judged anew when the rights change, in the same step. */
export class GuardNode extends BaseNode implements CompositeNode {
  readonly kind;
  readonly source: string;

  constructor(
    private readonly hub: NodeHub,
    identity: string,
    hash: string,
    private readonly inner: LiveNode,
    private readonly rights: LiveNode | undefined,
    private readonly allow: Allow,
    private readonly label: string,
    private readonly stated: boolean,
  ) {
    super(identity, hash);
    this.kind = inner.kind;
    this.source = inner.source;
  }

  get fields(): ChangedFields {
    return this.inner.fields;
  }

  override get gated(): boolean {
    return this.inner.gated;
  }

  override get shownAt(): bigint | undefined {
    return this.inner.shownAt;
  }

  override get makes(): boolean {
    return this.inner.makes || this.rights?.makes === true;
  }

  /** The rows are held by the query that it lets through. */
  override get bytes(): number {
    return weighPlaces(this.view.size);
  }

  collectFeeds(into: Set<Feed>): void {
    this.inner.collectFeeds(into);
    this.rights?.collectFeeds(into);
  }

  identify(into: NodeIdentity, step?: Step): void {
    this.inner.identify(into, step);
    this.rights?.identify(into, step);
  }

  async settleInputs(step: Step): Promise<void> {
    await step.settle(this.inner);
    if (this.rights !== undefined) await step.settle(this.rights);
  }

  #visible(entries: readonly Entry[], rights: unknown): readonly Entry[] {
    return entries.filter(({ row, value, unknown }) => {
      if (Array.isArray(value)) {
        throw new UnsupportedQueryError(
          `authorize.row judges rows, and the label "${this.label}" shows lists of rows. ` +
            "Put the condition into the query of the inner list.",
        );
      }
      return judge(this.allow, row, unknown, { label: this.label, rights });
    });
  }

  async draft(step: Step): Promise<Draft> {
    for (const node of [this.inner, this.rights]) {
      if (node !== undefined && step.failed.has(node)) throw step.failed.get(node);
    }
    const inner = step.viewOf(this.inner);
    const rights = this.rights === undefined ? undefined : step.viewOf(this.rights).value;
    const entries = this.#visible(inner.entries, rights);
    const first = this.view === undefined;
    const returned = returnedIn(step.drafts.get(this.inner)?.changes ?? []);
    const changes = first ? [] : diffEntries(this.view.entries, entries, this.inner.fields, returned);
    const view = !first && changes.length === 0 ? this.view : new View(entries, inner.single);
    const drafts = [this.inner, this.rights].map((node) => node && step.drafts.get(node));
    return {
      view,
      changes,
      commits: [...new Set(drafts.flatMap((draft) => draft?.commits ?? []))],
      relink: first || drafts.some((draft) => draft?.relink === true),
      apply: () => this.#apply(view),
    };
  }

  #apply(view: View): void {
    if (this.view === undefined) {
      for (const node of this.inputs()) {
        node.refs++;
        node.addParent(this);
      }
    }
    this.view = view;
  }

  children(): ReadonlyMap<string, Child> {
    return none;
  }

  inputs(): readonly LiveNode[] {
    return this.rights === undefined ? [this.inner] : [this.inner, this.rights];
  }

  /** What was visible at a cursor, as long as the rights are what they were. */
  async rewind(step: Step, past: Past): Promise<readonly Entry[]> {
    if (!this.stated) throw new Unresumable("rights-changed");
    const entries = await past.entries(step, this.inner);
    if (this.rights === undefined) return this.#visible(entries, undefined);
    return this.#visible(entries, await rightsSince(step, past, this.rights));
  }

  dispose(): void {
    if (this.view === undefined) return;
    for (const node of this.inputs()) {
      node.removeParent(this);
      this.hub.release(node);
    }
  }
}
