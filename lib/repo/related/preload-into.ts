/** Loads the relations of records and sets them on the records; all relations of one level are read at once. */

import type { PreloadStep } from "../../query/index.js";
import type { AssociationInfo, SchemaInfo } from "../../schema/index.js";
import type { Reading, Row } from "./asked.js";
import { copyRecord } from "./copy-record.js";
import { loadRelated } from "./load-related.js";
import { relatedByFunction } from "./related-by-function.js";

/** How relations are loaded. */
export interface Preloading extends Reading {
  /** Reads again what is loaded already; otherwise only a query or a function does so. */
  readonly force: boolean;
}

const isLoaded = (record: Row, name: string): boolean =>
  Object.hasOwn(record, name) && record[name] !== undefined;

/** @param records are changed: they belong to the caller alone */
export async function preloadInto(
  how: Preloading,
  info: SchemaInfo,
  records: readonly object[],
  steps: readonly PreloadStep[],
): Promise<void> {
  if (records.length === 0) return;
  const owners = records as readonly Row[];
  await Promise.all(steps.map((step) => preloadStep(how, info, owners, step)));
}

async function preloadStep(
  how: Preloading,
  info: SchemaInfo,
  owners: readonly Row[],
  step: PreloadStep,
): Promise<void> {
  const { relation: name, query, load, below } = step;
  const association = info.association(name);
  const always = how.force || query !== undefined || load !== undefined;
  const loaded = always ? [] : owners.filter((record) => isLoaded(record, name));
  const absent = loaded.length === 0 ? owners : owners.filter((record) => !isLoaded(record, name));
  if (absent.length > 0) {
    const asked = { ...how, info, records: absent, query };
    const related =
      load === undefined
        ? await loadRelated(asked, association)
        : await relatedByFunction(asked, association, load);
    for (const record of absent) show(record, association, related.get(record) ?? []);
  }
  if (below.length === 0) return;
  // What was loaded before is somebody else's as well.
  const copies = new Map<Row, Row>();
  for (const record of loaded)
    show(
      record,
      association,
      shownOf(record, name).map((row) => copied(row, copies)),
    );
  const shown = owners.flatMap((record) => shownOf(record, name));
  await preloadInto(how, association.target(), [...new Set(shown)], below);
}

const shownOf = (record: Row, name: string): Row[] => [record[name] ?? []].flat() as Row[];

function show(record: Row, { name, cardinality }: AssociationInfo, rows: readonly Row[]): void {
  record[name] = cardinality === "many" ? [...rows] : (rows[0] ?? null);
}

function copied(row: Row, copies: Map<Row, Row>): Row {
  const known = copies.get(row);
  if (known !== undefined) return known;
  const copy = copyRecord(row);
  copies.set(row, copy);
  return copy;
}
