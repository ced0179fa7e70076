/** Reads one record by its primary key: one point read. */

import { dataKey, readRecord } from "../../layer/index.js";
import { type SchemaClass, schemaOf } from "../../schema/index.js";
import { keyOfId } from "../related/index.js";
import { agreedTenant, checkOptions, operate, type RepoState } from "../transaction/index.js";
import { noResults } from "./no-results.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";

const none: ReadOptions = {};

export async function get<T extends object>(
  state: RepoState,
  schema: SchemaClass<T>,
  id: unknown,
  options: ReadOptions = none,
): Promise<T | null> {
  if (options !== none) checkOptions("get", options, readOptionNames);
  const info = schemaOf(schema);
  const pk = keyOfId(info, id);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const { layer } = session;
    const snapshot = options.snapshot ?? session.snapshot;
    if (!snapshot) {
      const turn = session.turn(() => dataKey(layer, info, pk), false);
      if (turn !== undefined) await turn;
    }
    return readRecord<T>(layer, info, pk, { snapshot });
  });
}

export async function getOrThrow<T extends object>(
  state: RepoState,
  schema: SchemaClass<T>,
  id: unknown,
  options?: ReadOptions,
): Promise<T> {
  const record = await get(state, schema, id, options);
  if (record === null) throw noResults(`${schemaOf(schema).name} with the key ${String(id)}: the query`);
  return record;
}
