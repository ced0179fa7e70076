/** Refuses a delete with which more records would go than one transaction takes, with the calls that do it in batches. */

import { CascadeTooLargeError } from "../../errors.js";
import { type LayerContext, metadataOf } from "../../layer/index.js";
import { planCount, planFor, type QueryAst, readCount, runPlan } from "../../query/index.js";
import { nullableOf, showValue } from "../../schema/index.js";
import { shownKey } from "../related/index.js";
import type { Dependent, HeldValues, Level } from "./dependents.js";
import { dependentsQueries } from "./read-dependents.js";

/**
 * Records that go with those of one delete. A transaction has 10 MB and 5 seconds: a row with three index entries and its
 * entry in the log takes about 1 kB of the one, and a point read of the other.
 */
export const MAX_DEPENDENTS = 5_000;

/** Rows that are counted for the message, when no counter tells their number. */
const COUNTED = 100_000;

/** The rows that were found by one relation of some records. */
export interface Group {
  readonly dependent: Dependent;
  readonly keys: readonly HeldValues[];
  readonly level: Level;
  readonly rows: number;
}

/** The error names the largest of the groups, which is where batches help. */
export async function tooManyDependents(
  layer: LayerContext,
  groups: readonly Group[],
): Promise<CascadeTooLargeError> {
  const { dependent, keys, level } = groups.reduce((most, one) => (one.rows > most.rows ? one : most));
  const { owner, relation, schema, onDelete } = dependent;
  const count = (
    await Promise.all(dependentsQueries(dependent, keys, COUNTED).map((ast) => countOf(layer, ast)))
  ).reduce((sum, one) => sum + one, 0);
  const shown = count < COUNTED ? String(count) : `${count} or more`;
  const what = onDelete === "deleteAll" ? "delete" : "change";
  return new CascadeTooLargeError(
    `Deleting ${keys.length === 1 ? `this ${owner.name}` : `these ${keys.length} records of ${owner.name}`} would ${what} ${shown} ` +
      `records of ${schema.name} (${owner.name}.${relation}, onDelete: "${onDelete}"), and one transaction takes ${MAX_DEPENDENTS} in ` +
      `all: it has 10 MB and 5 seconds. Do it in batches first: await ${batchCall(dependent, keys, level)}.`,
    count,
  );
}

/** The batches are of the rows in excess, or of those that they belong to, when these go with others themselves. */
function batchCall(dependent: Dependent, keys: readonly HeldValues[], { by }: Level): string {
  if (by !== undefined) return `repo.deleteAll(${rowsOf(by.dependent, by.keys)}, { batch: 10, tenant })`;
  const rows = rowsOf(dependent, keys);
  return dependent.onDelete === "deleteAll"
    ? `repo.deleteAll(${rows}, { batch: 1000, tenant })`
    : `repo.updateAll(${rows}, { ${nullableOf(dependent.schema, dependent.foreignKeys).join(": null, ")}: null }, { batch: 1000, tenant })`;
}

function rowsOf({ schema, foreignKeys }: Dependent, keys: readonly HeldValues[]): string {
  const [first = [], ...more] = keys;
  if (foreignKeys.length > 1)
    return `from(${schema.name}).where(${more.length === 0 ? shownKey(foreignKeys, first) : "{ or: ids }"})`;
  const value = more.length === 0 ? showValue(first[0]) : "{ in: ids }";
  return `from(${schema.name}).where({ ${foreignKeys[0]}: ${value} })`;
}

async function countOf(layer: LayerContext, ast: QueryAst): Promise<number> {
  const whole = Object.freeze({ ...ast, limit: undefined, select: undefined });
  const counter = planCount(whole, await metadataOf(layer, ast.source));
  if (counter !== undefined) return readCount(layer, counter, true);
  return (await runPlan(layer, ast, await planFor(layer, ast), { snapshot: true })).length;
}
