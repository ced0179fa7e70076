/** Loads the records at the end of a way along other relations, step by step. */

import { UnsupportedQueryError } from "../../errors.js";
import type { AssociationInfo, SchemaInfo, ThroughAssociation } from "../../schema/index.js";
import type { Asked, Related, Row } from "./asked.js";
import { distinctRows } from "./distinct-rows.js";
import { narrow } from "./narrow.js";

/** Loads one relation of some records. */
type Load = (asked: Asked, association: AssociationInfo) => Promise<Related>;

/** In the order of the steps, each record once. */
export async function relatedThrough(
  { query, ...asked }: Asked,
  { name, through }: ThroughAssociation,
  load: Load,
): Promise<Related> {
  if (query?.limit !== undefined && !query.scan) throw unbounded(`${asked.info.name}.${name}`);
  let info: SchemaInfo = asked.info;
  let reached = new Map<Row, readonly Row[]>(asked.records.map((record) => [record, [record]]));
  for (const step of through) {
    const association = info.association(step);
    const target = association.target();
    const records = [...new Set([...reached.values()].flat())];
    const related = await load({ ...asked, info, records }, association);
    const next = new Map<Row, readonly Row[]>();
    for (const [owner, rows] of reached) {
      next.set(
        owner,
        distinctRows(
          target,
          rows.flatMap((row) => related.get(row) ?? []),
        ),
      );
    }
    reached = next;
    info = target;
  }
  if (query === undefined) return reached;
  return new Map([...reached].map(([owner, rows]) => [owner, narrow(rows, query)]));
}

const unbounded = (relation: string): UnsupportedQueryError =>
  new UnsupportedQueryError(
    `${relation} goes through other relations, so the limit of its query is only known when all of them are read. Allow that ` +
      "with .scan(), or preload step by step, with a limit for each: { steps: [from(Step).limit(3), { end: true }] }.",
  );
