/** Reads one record by its primary key: one point read. */

import { dataKey, readRecord } from "../../layer/index.js";
import { matches } from "../../query/index.js";
import { type SchemaClass, schemaOf } from "../../schema/index.js";
import type { Effective } from "../options/index.js";
import { keyOfId } from "../related/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { noResults } from "./no-results.js";
import { preparedTest } from "./prepared.js";
import { type ReadOptions, readOptions } from "./read-options.js";
import { boundedLayer } from "./read-rows.js";

const none: ReadOptions = {};

export async function get<T extends object>(
  state: RepoState,
  schema: SchemaClass<T>,
  id: unknown,
  asked: ReadOptions = none,
): Promise<T | null> {
  const { core } = state;
  const plain = asked === none && core.config.defaultOptions === undefined;
  const options: Effective<ReadOptions> = plain ? none : readOptions(state, "get", asked);
  const info = schemaOf(schema);
  const pk = keyOfId(info, id);
  const read = async (session: Session) => {
    const { layer } = session;
    const snapshot = options.snapshot ?? session.snapshot;
    if (!snapshot) {
      const turn = session.turn(() => dataKey(layer, info, pk), false);
      if (turn !== undefined) await turn;
    }
    const reads = boundedLayer(session, `repo.get on ${info.name}`, options.maxKeys);
    const record = await readRecord<T>(reads, info, pk, { snapshot });
    const asking = { operation: "get", tenant: session.tenant, context: options.context };
    const test = record === null ? undefined : preparedTest(core, info, asking);
    return record === null || test === undefined || matches(test, record) ? record : null;
  };
  return operate(state, agreedTenant(options.tenant), read, options);
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
