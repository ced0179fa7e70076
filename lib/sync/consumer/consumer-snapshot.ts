/** Tells a new consumer, page by page, the rows that exist when it begins. */

import { matches, project } from "../../query/index.js";
import { keyOfRow, type Reader } from "../log/index.js";
import type { BatchChange } from "./batch.js";
import type { ConsumedLabel } from "./consumed-label.js";

/**
 * How far the rows are told that exist when a consumer begins: label after label by name, each in the order of the
 * primary keys. What happens meanwhile to rows that are told is told as well; the others come as they are by then.
 */
export interface SnapshotPlace {
  readonly label: string;
  /** The packed primary key of the last row that was looked at, in hexadecimal digits; absent before the first. */
  readonly key?: string;
}

type Inserts = Record<string, readonly BatchChange<unknown>[]>;

interface Page {
  readonly rows: Inserts;
  /** Where to go on; undefined when every row is told. */
  readonly place: SnapshotPlace | undefined;
}

const byName = (labels: readonly ConsumedLabel[]) => labels.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Whether a row (by its packed primary key) is told to a label, so that its changes are. */
export function isTold(place: SnapshotPlace | undefined, label: ConsumedLabel, key: string): boolean {
  if (place === undefined || label.name < place.label) return true;
  if (label.name > place.label || place.key === undefined) return false;
  return key <= Buffer.from(place.key, "hex").toString("latin1");
}

/**
 * The first rows of a snapshot: all of them where they are few, a page of the first label where they are not.
 *
 * @param whole false where reading the queries as they are has failed: few rows can be hard to find
 */
export async function firstPage(
  reader: Reader,
  labels: readonly ConsumedLabel[],
  limit: number,
  whole: boolean,
): Promise<Page> {
  const first = { label: byName(labels)[0]!.name };
  if (!whole) return nextPage(reader, labels, first, limit);
  const rows: Record<string, BatchChange<unknown>[]> = {};
  let left = limit;
  for (const label of labels) {
    const some = await rowsOf(reader, label, left + 1);
    if (some.length > left) return nextPage(reader, labels, first, limit);
    rows[label.name] = some.map((row) => asInsert(label, row));
    left -= some.length;
  }
  return { rows, place: undefined };
}

/** The rows behind a place: at most `limit` rows of the source are looked at. */
export async function nextPage(
  reader: Reader,
  labels: readonly ConsumedLabel[],
  place: SnapshotPlace,
  limit: number,
): Promise<Page> {
  const ordered = byName(labels);
  const at = ordered.findIndex(({ name }) => name === place.label);
  const label = ordered[at]!;
  const { ast, info, name } = label;
  const next = ordered[at + 1];
  const nextLabel = next === undefined ? undefined : { label: next.name };
  if (ast === undefined) {
    const rows = await rowsOf(reader, label, limit);
    return { rows: { [name]: rows.map((row) => asInsert(label, row)) }, place: nextLabel };
  }
  const after = place.key === undefined ? undefined : Buffer.from(place.key, "hex");
  const some = await reader.page(info, limit, after);
  const rows = some.filter((row) => matches(ast, row)).map((row) => asInsert(label, row));
  const last = some.at(-1);
  if (some.length < limit || last === undefined) return { rows: { [name]: rows }, place: nextLabel };
  const key = Buffer.from(keyOfRow(info, last).key, "latin1").toString("hex");
  return { rows: { [name]: rows }, place: { label: name, key } };
}

async function rowsOf(reader: Reader, { info, ast, keys }: ConsumedLabel, limit: number): Promise<object[]> {
  if (ast !== undefined) return [...(await reader.rows(ast, info, limit)).rows];
  const rows = await Promise.all([...(keys?.values() ?? [])].map((pk) => reader.row(info, pk)));
  return rows.filter((row) => row !== null);
}

function asInsert({ info, ast }: ConsumedLabel, row: object): BatchChange<unknown> {
  return { op: "insert", key: keyOfRow(info, row).id, row: ast === undefined ? row : project(ast, row) };
}
