/** The node of a live list: the rows of a query in order, whole or the first `limit`. */

import { matches, namesOf, project, type QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Action } from "../live/index.js";
import type { RowDelta, Tests } from "../log/index.js";
import { inPieces, keyOfRow, rowBefore, testsOf } from "../log/index.js";
import {
  type ChangedFields,
  changedFieldsOf,
  changedValues,
  type Draft,
  diffEntries,
  type Entry,
  EntryList,
  isShort,
  returnedKeys,
  sameValue,
  spareFor,
  stepList,
  stepWindow,
  type Touched,
  unknownOf,
  View,
  visible,
  type Window,
  type WindowRules,
  weighEntries,
  windowChanges,
} from "../view/index.js";
import { BaseFeedNode } from "./base-feed-node.js";
import type { Feed, Past, Step } from "./contracts.js";
import { neededFields, requireCaptured } from "./needed-fields.js";

interface TouchedRow extends Touched {
  readonly delta: RowDelta;
}

export class ListNode extends BaseFeedNode {
  override readonly tests: Tests;
  readonly kind = "all";
  readonly source: string;
  readonly fields: ChangedFields;
  readonly #rowFields: ChangedFields;
  #shownAt: bigint | undefined;
  #rules!: WindowRules;
  /** The whole result, of a query without a limit. */
  #list = EntryList.of([]);
  /** The beginning of it, of one with a limit. */
  #window: Window = { entries: [], complete: true };
  /** Known entries by key. */
  #known = new Map<string, Entry>();

  constructor(
    identity: string,
    hash: string,
    readonly ast: QueryAst,
    readonly info: SchemaInfo,
    readonly on: Action,
    readonly feed: Feed,
  ) {
    super(identity, hash);
    this.source = info.source;
    this.tests = testsOf(ast, info);
    this.#rowFields = changedFieldsOf(info);
    this.fields = changedValues(info, ast.select);
  }

  override get gated(): boolean {
    return this.on !== "changes";
  }

  override get shownAt(): bigint | undefined {
    return this.#shownAt;
  }

  override get bytes(): number {
    const { limit } = this.ast;
    return weighEntries(
      this.view.entries,
      limit === undefined ? this.#list.length : this.#window.entries.length,
    );
  }

  async evaluate(step: Step): Promise<Draft> {
    const { limit } = this.ast;
    const wanted = limit === undefined ? undefined : limit + spareFor(limit);
    const { rows, compare } = await step.reader.rows(this.ast, this.info, wanted);
    const rules: WindowRules = {
      limit,
      fields: this.fields,
      compare: (a, b) => compare(a.row as object, b.row as object),
    };
    this.#rules = rules;
    const kept = this.view === undefined ? undefined : this.#known;
    const entries = rows.map((row) => this.#entry(row, kept));
    const result = wanted === undefined ? EntryList.of(entries) : { entries, complete: rows.length < wanted };
    const view = new View(this.#shown(result), false);
    return {
      view,
      changes: this.view === undefined ? [] : diffEntries(this.view.entries, view.entries, this.fields),
      commits: [],
      apply: () => {
        this.view = view;
        this.#shownAt = undefined;
        this.#replace(result);
      },
    };
  }

  #shown(result: EntryList | Window): EntryList | readonly Entry[] {
    return result instanceof EntryList ? result : visible(result, this.ast.limit);
  }

  async advance(step: Step, deltas: readonly RowDelta[]): Promise<Draft | undefined> {
    const touched = await this.#touched(deltas);
    if (touched.length === 0) return undefined;
    const rules = this.#rules;
    if (rules.limit !== undefined) return this.#advanceWindow(step, touched);
    const { list, changes } = stepList(this.#list, touched, rules);
    return this.#publish(list, changes, touched, () => {
      this.#list = list;
      for (const { before, after } of touched) {
        if (before !== undefined && after === undefined) this.#known.delete(before.key);
        if (after !== undefined) this.#known.set(after.key, after);
      }
    });
  }

  async #advanceWindow(step: Step, touched: readonly TouchedRow[]): Promise<Draft | undefined> {
    const rules = this.#rules;
    let window = stepWindow(this.#window, touched, rules);
    if (isShort(window, rules.limit)) window = await this.#refill(step, window, rules.limit!);
    const changes = windowChanges(this.#window, window, rules, touched);
    return this.#publish(window, changes, touched, () => this.#replace(window));
  }

  /** One bounded read behind the last known row, at the step's version. */
  async #refill(step: Step, window: Window, limit: number): Promise<Window> {
    const wanted = limit + spareFor(limit) - window.entries.length;
    const last = window.entries[window.entries.length - 1];
    const read = await step.reader.rows(this.ast, this.info, wanted, last?.row as object | undefined);
    const more = read.rows.map((row) => this.#entry(row, this.#known));
    return { entries: [...window.entries, ...more], complete: more.length < wanted };
  }

  /** The window at the version of a cursor: what the log touched since is put back to where it was. */
  async rewind(step: Step, past: Past): Promise<readonly Entry[]> {
    requireCaptured(this.ast);
    const then = this.gated ? past.shown : past;
    const deltas = await then.deltas(this.feed);
    const { limit } = this.ast;
    let entries = step.viewOf(this).entries;
    if (deltas.size === 0) return entries;
    const present = new Map(entries.map((entry) => [entry.key, entry]));
    if (limit !== undefined) {
      // Rows that came since may have pushed out as many of those that were shown.
      const { rows } = await step.reader.rows(this.ast, this.info, limit + deltas.size);
      entries = rows.map((row) => this.#entry(row, present));
    }
    const kept = entries.filter((entry) => !deltas.has(entry.key));
    const needed = neededFields(this.ast, this.info);
    const was = (row: object) => matches(this.ast, row);
    const before = await inPieces(deltas.values(), async (logged) => {
      const delta = logged.as(this.info);
      const now = present.get(delta.key)?.row as object | undefined;
      return { delta, known: await rowBefore(delta, 0, { needed, matches: was, present: now }) };
    });
    for (const { delta, known } of before) {
      if (known === null) continue;
      const entry = this.#entry(known.row, present, known.unknown);
      kept.push(entry);
      past.note(delta, entry);
    }
    return kept.sort(this.#rules.compare).slice(0, limit);
  }

  async #touched(deltas: readonly RowDelta[]): Promise<TouchedRow[]> {
    const touched: TouchedRow[] = [];
    for (const delta of deltas) {
      const before = this.#known.get(delta.key);
      const row = await delta.row();
      const after = row !== null && matches(this.ast, row) ? this.#entry(row, this.#known) : undefined;
      if (before === after) continue;
      const returned = before !== undefined && after !== undefined && delta.leftBetween(this.ast);
      touched.push({ before, after, returned, delta });
    }
    return touched;
  }

  /**
   * The entry of a row: the known one when nothing differs, so that unchanged rows keep their identity.
   *
   * @param unknown fields of a past row whose values nobody kept
   */
  #entry(row: object, known: ReadonlyMap<string, Entry> | undefined, unknown: readonly string[] = []): Entry {
    const { key, id } = keyOfRow(this.info, row);
    const before = unknown.length === 0 ? known?.get(key) : undefined;
    if (before !== undefined && this.#rowFields(before.row, row)?.length === 0) return before;
    Object.freeze(row);
    const { select } = this.ast;
    const left = unknownOf(namesOf(select, unknown));
    if (select === undefined) return { key, id, row, value: row, ...left };
    const value = project(this.ast, row);
    if (before !== undefined && sameValue(before.value, value)) return { key, id, row, value: before.value };
    // Bytes cannot be frozen.
    const shown = ArrayBuffer.isView(value) ? value : Object.freeze(value);
    return { key, id, row, value: shown, ...left };
  }

  #replace(result: EntryList | Window): void {
    if (result instanceof EntryList) this.#list = result;
    else this.#window = result;
    this.#known = new Map(result.entries.map((entry) => [entry.key, entry]));
  }

  /** Shows the new result, or keeps what is shown until a change of the watched kind comes. */
  #publish(
    result: EntryList | Window,
    changes: Draft["changes"],
    touched: readonly TouchedRow[],
    apply: () => void,
  ): Draft {
    const commits = touched.flatMap(({ delta }) => delta.commits);
    const show = (view: View) => () => {
      apply();
      this.view = view;
      this.#shownAt = undefined;
    };
    if (this.on === "changes") {
      const view = changes.length === 0 ? this.view : new View(this.#shown(result), false);
      return { view, changes, commits, apply: show(view) };
    }
    if (!touched.some((row) => concerns(this.on, row))) {
      const held = () => {
        if (changes.length > 0) this.#shownAt ??= this.feed.position;
        apply();
      };
      return { view: this.view, changes: [], commits, apply: held };
    }
    const view = new View(this.#shown(result), false);
    const returned = new Set(touched.filter((row) => row.returned).map((row) => row.delta.key));
    const all = diffEntries(this.view.entries, view.entries, this.fields, returnedKeys(returned));
    return { view, changes: all, commits, apply: show(view) };
  }
}

/** Whether what became of a row is of the watched kind; a row that starts or stops to match enters or leaves. */
function concerns(on: Action, { before, after, returned, delta }: TouchedRow): boolean {
  const entered = before === undefined || returned;
  const left = after === undefined || returned;
  switch (on) {
    case "collection":
      return entered || left;
    case "inserts":
      return entered;
    case "deletes":
      return left;
    case "updates":
      return (!entered && !left) || delta.last.op === "update";
    default:
      return true;
  }
}
