/** The node of one row by primary key, or of its absence. */

import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { anyRow, type RowDelta, rowBefore, rowKey } from "../log/index.js";
import {
  type ChangedFields,
  changedFieldsOf,
  type Draft,
  deleted,
  type Entry,
  inserted,
  looksSame,
  unknownOf,
  updated,
  View,
} from "../view/index.js";
import { BaseFeedNode } from "./base-feed-node.js";
import type { Feed, Past, Step } from "./contracts.js";

export class RowNode extends BaseFeedNode {
  readonly key: string;
  readonly kind = "one";
  readonly source: string;
  readonly fields: ChangedFields;

  constructor(
    identity: string,
    hash: string,
    readonly info: SchemaInfo,
    readonly pk: readonly TupleItem[],
    readonly id: unknown,
    readonly feed: Feed,
  ) {
    super(identity, hash);
    this.source = info.source;
    this.key = rowKey(pk);
    this.fields = changedFieldsOf(info);
  }

  async evaluate(step: Step): Promise<Draft> {
    const row = await step.reader.row(this.info, this.pk);
    this.feed.saw(row);
    const frozen = row === null ? undefined : Object.freeze(row);
    if (this.view === undefined) return this.draft(frozen, false, []);
    return (
      this.next(frozen, false, []) ?? { view: this.view, changes: [], commits: [], apply: () => undefined }
    );
  }

  async advance(_step: Step, deltas: readonly RowDelta[]): Promise<Draft | undefined> {
    const delta = deltas[0]!;
    const row = await delta.row();
    const left = this.view.entries.length > 0 && row !== null && delta.leftBetween(undefined);
    return this.next(row ?? undefined, left, delta.commits);
  }

  /** The row at the version of a cursor. */
  async rewind(step: Step, past: Past): Promise<readonly Entry[]> {
    const delta = (await past.deltas(this.feed)).get(this.key)?.as(this.info);
    const present = step.viewOf(this).entries;
    if (delta === undefined) return present;
    const before = await rowBefore(delta, 0, { ...anyRow, present: present[0]?.row as object | undefined });
    if (before === null) return [];
    const { row, unknown } = before;
    const entry: Entry = { key: this.key, id: this.id, row, value: row, ...unknownOf(unknown) };
    past.note(delta, entry);
    return present.length > 0 && looksSame(entry, present[0]!, this.fields) ? present : [entry];
  }

  /** The draft that leads from the present row to `row`; undefined when they are the same. */
  next(row: object | undefined, returned: boolean, commits: readonly string[]): Draft | undefined {
    const before = this.view.entries[0];
    if (before === undefined && row === undefined) return undefined;
    if (before !== undefined && row !== undefined) {
      if (this.fields(before.row, row)?.length === 0) return undefined;
    }
    return this.draft(row, returned, commits);
  }

  private draft(row: object | undefined, returned: boolean, commits: readonly string[]): Draft {
    const before = this.view?.entries[0];
    const after: Entry | undefined =
      row === undefined ? undefined : { key: this.key, id: this.id, row, value: row };
    const view = new View(after === undefined ? [] : [after], true);
    const changes = [];
    if (before !== undefined && (after === undefined || returned)) changes.push(deleted(before, 0));
    if (after !== undefined && (before === undefined || returned)) changes.push(inserted(after, 0));
    else if (after !== undefined && before !== undefined)
      changes.push(updated(before, after, 0, 0, this.fields));
    return {
      view,
      changes,
      commits,
      apply: () => {
        this.view = view;
      },
    };
  }
}
