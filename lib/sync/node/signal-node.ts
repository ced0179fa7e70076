/** The node of a signal: a number that grows with every write of one kind. */

import { matches, type QueryAst } from "../../query/index.js";
import { hydrate, type SchemaInfo } from "../../schema/index.js";
import type { Action } from "../live/index.js";
import type { DeltaEntry, RowDelta, Tests } from "../log/index.js";
import { breathe, testsOf } from "../log/index.js";
import type { Draft } from "../view/index.js";
import { type ChangedFields, type Entry, noFields, numberDraft, numberView } from "../view/index.js";
import { BaseFeedNode } from "./base-feed-node.js";
import type { Feed, Past, Step } from "./contracts.js";

/** Counts writes to a source, or to its rows with certain values; only differences mean something. */
export class SignalNode extends BaseFeedNode {
  override readonly tests: Tests;
  readonly kind = "signal";
  readonly source: string;
  readonly fields: ChangedFields = noFields;

  constructor(
    identity: string,
    hash: string,
    readonly ast: QueryAst,
    readonly info: SchemaInfo,
    readonly action: Action,
    readonly feed: Feed,
  ) {
    super(identity, hash);
    this.source = info.source;
    this.tests = testsOf(ast, info);
  }

  override get rows(): number {
    return 0;
  }

  override get bytes(): number {
    return 0;
  }

  async evaluate(): Promise<Draft> {
    const present = (this.view?.value as number | undefined) ?? 0;
    return numberDraft(this.view, present, [], (view) => {
      this.view = view;
    });
  }

  /** Behind by the writes since the cursor: only differences mean something. */
  async rewind(step: Step, past: Past): Promise<readonly Entry[]> {
    let missed = 0;
    for (const delta of (await past.deltas(this.feed)).values()) {
      await breathe();
      for (const entry of delta.as(this.info).entries) if (this.#concerns(entry)) missed++;
    }
    return numberView((step.viewOf(this).value as number) - missed).entries;
  }

  async advance(_step: Step, deltas: readonly RowDelta[]): Promise<Draft | undefined> {
    const commits: string[] = [];
    for (const delta of deltas) {
      for (const entry of delta.entries) if (this.#concerns(entry)) commits.push(entry.commit);
    }
    if (commits.length === 0) return undefined;
    return numberDraft(this.view, (this.view.value as number) + commits.length, commits, (view) => {
      this.view = view;
    });
  }

  /** A row that takes on the watched values counts as inserted here, one that loses them as deleted. */
  #concerns(entry: DeltaEntry): boolean {
    const had = this.#holds(entry.old);
    const has = this.#holds(entry.new);
    switch (this.action) {
      case "inserts":
        return has && !had;
      case "deletes":
        return had && !has;
      case "collection":
        return had !== has;
      case "updates":
        return entry.op === "update" && (had || has);
      default:
        return had || has;
    }
  }

  #holds(values: DeltaEntry["old"]): boolean {
    return values !== null && matches(this.ast, hydrate(this.info, values));
  }
}
