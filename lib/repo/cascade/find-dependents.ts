/** Finds all rows that go with records which are deleted, level by level, until there are no more or too many. */

import { StaleEntryError, VersionstampPendingError } from "../../errors.js";
import { holdsKey, hydrate, keyValues, type SchemaInfo } from "../../schema/index.js";
import type { Values } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import { type Dependent, dependentsOf, type HeldValues, type Level } from "./dependents.js";
import { readDependents } from "./read-dependents.js";
import { type Gone, rowText } from "./row-text.js";
import { type Group, MAX_DEPENDENTS, tooManyDependents } from "./too-many-dependents.js";

/** A row that goes, or is let go. */
export interface Found {
  readonly dependent: Dependent;
  /** Holds the key of the row. */
  readonly record: Values;
  /** @throws StaleEntryError when the row, as it is stored now, belongs to the record no longer */
  readonly check: (stored: Values) => void;
}

export interface Dependents {
  /** In the order in which they were found: none before the record that it belongs to. */
  readonly deleted: readonly Found[];
  readonly letGo: readonly Found[];
}

/**
 * @param gone rows that are deleted already; gets those to delete
 * @throws CascadeTooLargeError, UnsupportedQueryError
 */
export async function findDependents(
  session: Session,
  info: SchemaInfo,
  records: readonly Values[],
  gone: Gone,
): Promise<Dependents> {
  const { layer } = session;
  const deleted: Found[] = [];
  const letGo: Found[] = [];
  const groups: Group[] = [];
  let levels: readonly Level[] = [{ info, records, by: undefined }];
  while (levels.length > 0) {
    const asked = levels.flatMap((level) => {
      return dependentsOf(level.info).map((dependent) => {
        const keys = level.records.flatMap((record) => {
          const key = keyValues(record, dependent.references);
          return key === null ? [] : [key];
        });
        return { level, dependent, keys };
      });
    });
    for (const { dependent, keys } of asked) refusePending(session, dependent, keys);
    const limit = MAX_DEPENDENTS + 1 + gone.size;
    const read = await Promise.all(
      asked.map(({ dependent, keys }) => readDependents(layer, dependent, keys, limit)),
    );
    const next: Level[] = [];
    for (const [at, { level, dependent, keys }] of asked.entries()) {
      const { schema, onDelete } = dependent;
      const fresh = (read[at] ?? []).filter((row) => !gone.has(rowText(schema, row)));
      groups.push({ dependent, keys, level, rows: fresh.length });
      if (deleted.length + letGo.length + fresh.length > MAX_DEPENDENTS)
        throw await tooManyDependents(layer, groups);
      const found = fresh.map((row) => foundRow(dependent, keys, row));
      if (onDelete === "nilifyAll") {
        letGo.push(...found);
        continue;
      }
      deleted.push(...found);
      for (const row of fresh) gone.add(rowText(schema, row));
      if (fresh.length > 0 && dependentsOf(schema).length > 0)
        next.push({ info: schema, records: fresh, by: { dependent, keys } });
    }
    levels = next;
  }
  // A row may be let go by one relation and deleted by another.
  return {
    deleted,
    letGo: letGo.filter(({ dependent, record }) => !gone.has(rowText(dependent.schema, record))),
  };
}

/** No index can list a record before the commit gives it its key. */
function refusePending(
  session: Session,
  { owner, relation, schema, foreignKeys }: Dependent,
  keys: readonly HeldValues[],
): void {
  for (const record of session.pendingOf(schema.source)) {
    if (!keys.some((key) => holdsKey(schema, foreignKeys, record as Values, key))) continue;
    throw new VersionstampPendingError(
      `This transaction has inserted a ${schema.name} that would go with the ${owner.name} (${owner.name}.${relation}), and it has ` +
        `no ${schema.primaryKey.name} before the commit. Delete the ${owner.name} in a later transaction, or before the insert.`,
    );
  }
}

function foundRow(dependent: Dependent, keys: readonly HeldValues[], row: Values): Found {
  const { schema, foreignKeys } = dependent;
  return {
    dependent,
    record: hydrate(schema, row) as Values,
    check: (stored) => {
      if (keys.some((key) => holdsKey(schema, foreignKeys, stored, key))) return;
      throw new StaleEntryError(`This ${schema.name} belongs to another record by now.`, true);
    },
  };
}
