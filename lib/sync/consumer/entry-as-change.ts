/** Makes the change that a consumer is told of one entry of the log. */

import { conditionFields, matches, namesOf, project } from "../../query/index.js";
import { idOfRow, type KnownRow, type RowDelta, rowAfter, rowBefore } from "../log/index.js";
import { unknownOf } from "../view/index.js";
import type { BatchChange } from "./batch.js";
import type { ConsumedLabel } from "./consumed-label.js";

/** The change that the `at`-th entry of a row is for a label; undefined when it is none. @throws Unresumable */
export async function entryAsChange(
  label: ConsumedLabel,
  delta: RowDelta,
  at: number,
): Promise<BatchChange<unknown> | undefined> {
  const { info, ast, keys } = label;
  if (keys !== undefined && !keys.has(delta.key)) return undefined;
  const needed = ast === undefined ? [] : conditionFields(ast);
  const ask = { needed, matches: (row: object) => ast === undefined || matches(ast, row) };
  const [before, after] = await Promise.all([rowBefore(delta, at, ask), rowAfter(delta, at, ask)]);
  const named = (fields: readonly string[]) => namesOf(ast?.select, fields);
  const shown = ({ row }: KnownRow) => (ast === undefined ? row : project(ast, row));
  const known = after ?? before;
  if (known === null) return undefined;
  const key = idOfRow(info, known.row);
  const lost = new Set([...(before?.unknown ?? []), ...(after?.unknown ?? [])]);
  const unknown = unknownOf(named([...lost])) as { readonly unknown?: readonly never[] };
  if (before === null) return { op: "insert", key, row: shown(after!), ...unknown };
  if (after === null) return { op: "delete", key, before: shown(before), ...unknown };
  const changed = named(delta.entries[at]!.changed);
  if (changed.length === 0) return undefined;
  return {
    op: "update",
    key,
    row: shown(after),
    before: shown(before),
    changed: changed as unknown as readonly never[],
    ...unknown,
  };
}
