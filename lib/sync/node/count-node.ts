/** The node of a live count: the number of rows of a query. */

import { matches, type QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { RowDelta, Tests } from "../log/index.js";
import { breathe, keyOfRow, rowBefore, testsOf, Unresumable } from "../log/index.js";
import type { Draft } from "../view/index.js";
import {
  type ChangedFields,
  type Entry,
  noFields,
  numberDraft,
  numberView,
  weighKeys,
} from "../view/index.js";
import { BaseFeedNode } from "./base-feed-node.js";
import type { Feed, Past, Step } from "./contracts.js";
import { neededFields, requireCaptured } from "./needed-fields.js";

/** Keeps the keys that match, so that a change says whether the number moves. */
export class CountNode extends BaseFeedNode {
  override readonly tests: Tests;
  readonly kind = "count";
  readonly source: string;
  readonly fields: ChangedFields = noFields;
  readonly #rowsAst: QueryAst;
  #keys = new Set<string>();

  constructor(
    identity: string,
    hash: string,
    readonly ast: QueryAst,
    readonly info: SchemaInfo,
    readonly feed: Feed,
  ) {
    super(identity, hash);
    this.source = info.source;
    this.tests = testsOf(ast, info);
    this.#rowsAst = Object.freeze({ ...ast, order: [], limit: undefined });
  }

  override get rows(): number {
    return this.#keys.size;
  }

  override get bytes(): number {
    return weighKeys(this.#keys);
  }

  #shown(size: number): number {
    return this.ast.limit === undefined ? size : Math.min(size, this.ast.limit);
  }

  async evaluate(step: Step): Promise<Draft> {
    const { rows } = await step.reader.rows(this.#rowsAst, this.info);
    const keys = new Set(rows.map((row) => keyOfRow(this.info, row).key));
    return numberDraft(this.view, this.#shown(keys.size), [], (view) => {
      this.#keys = keys;
      this.view = view;
    });
  }

  /** The number at the version of a cursor. */
  async rewind(step: Step, past: Past): Promise<readonly Entry[]> {
    requireCaptured(this.ast);
    let count = (step.viewOf(this).value as number) ?? 0;
    const needed = neededFields(this.ast, this.info);
    for (const logged of (await past.deltas(this.feed)).values()) {
      await breathe();
      const delta = logged.as(this.info);
      if (this.ast.limit !== undefined) throw new Unresumable("cursor-expired");
      const row = await delta.row();
      const was = (before: object) => matches(this.ast, before);
      const before = await rowBefore(delta, 0, { needed, matches: was, present: row ?? undefined });
      if (before !== null) count++;
      if (row !== null && matches(this.ast, row)) count--;
    }
    return numberView(count).entries;
  }

  async advance(_step: Step, deltas: readonly RowDelta[]): Promise<Draft | undefined> {
    const entered: string[] = [];
    const left: string[] = [];
    const commits: string[] = [];
    for (const delta of deltas) {
      const row = await delta.row();
      const matched = row !== null && matches(this.ast, row);
      if (matched === this.#keys.has(delta.key)) continue;
      (matched ? entered : left).push(delta.key);
      commits.push(...delta.commits);
    }
    if (commits.length === 0) return undefined;
    const size = this.#keys.size + entered.length - left.length;
    return numberDraft(this.view, this.#shown(size), commits, (view) => {
      for (const key of entered) this.#keys.add(key);
      for (const key of left) this.#keys.delete(key);
      this.view = view;
    });
  }
}
