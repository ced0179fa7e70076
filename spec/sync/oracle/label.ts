import type { Action, Live, Sync } from "../../../lib/index.js";
import type { LogOp } from "../../../lib/layer/index.js";
import type { Random } from "../runs.js";
import { compareValues } from "./kinds.js";
import { conditionsOf, type ModelQuery, queryOf, selected } from "./queries.js";
import type { Row, Source, World } from "./schemas.js";

/** The store at one version, read without Sync. */
export interface At {
  readonly version: bigint;
  /** Every row of a source. */
  rows(source: Source): Promise<readonly Row[]>;
  /** The rows of a fresh query; they have been compared with what the naive model makes of all rows. */
  result(model: ModelQuery): Promise<readonly Row[]>;
  /** Changes of a source that were written since a version. */
  changes(source: Source, since: bigint): Promise<readonly LogOp[]>;
  /** The newest change of a row. */
  lastChange(source: Source, row: Row): Promise<LogOp | undefined>;
}

/**
 * How a label's value follows from the store.
 *
 * - `exact`: it is the fresh value
 * - `unordered`: it holds the rows of the fresh value; their order may be that of an earlier moment
 * - `held`: it is the fresh value of the version at which it last moved, because it moves on some changes only
 * - `counted`: its differences count writes
 */
export type Mode = "exact" | "unordered" | "held" | "counted";

/** A label as data: what Sync is asked for, and what the model says that it shows. */
export interface Label {
  readonly text: string;
  readonly mode: Mode;
  readonly live: (sync: Sync) => Live<unknown, unknown>;
  readonly fresh: (at: At) => Promise<unknown>;
  /** The changes that make it move, of the rows of which query. */
  readonly on?: { readonly action: Action; readonly model: ModelQuery };
  /** What a signal counts. */
  readonly counts?: { readonly source: Source; readonly action: Action };
  /** Whether what was missed can always be told. */
  readonly resumable: boolean;
  /** A function does not say what it refers to, so that nothing is resumed. */
  readonly unstated?: boolean;
  /** Another label whose values have the same type. */
  readonly similar?: (next: Random, setting: Setting) => Promise<Label>;
}

export interface Setting {
  readonly world: World;
  /** Keys that rows have, or had. */
  keys(source: Source): readonly unknown[];
  /** Whether Plinth serves the query only when it may read more than the result. */
  needsScan(model: ModelQuery): Promise<boolean>;
}

export const known = (model: ModelQuery): boolean =>
  model.source.logged &&
  model.filter === undefined &&
  [...conditionsOf(model), ...model.order].every(([field]) => model.source.known.has(field));

export const unstated = ({ filter }: ModelQuery): boolean =>
  filter !== undefined && filter.deps === undefined;

export const describe = (model: ModelQuery): string => {
  const { source, where, or, order, reverse, limit, select, filter } = model;
  return `${source.name} ${JSON.stringify(
    {
      where,
      or,
      order,
      reverse,
      limit,
      select,
      filter: filter && [filter.captured, filter.deps !== undefined],
    },
    (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
  )}`;
};

export const byKey = async (at: At, source: Source, id: unknown): Promise<Row | null> =>
  (await at.rows(source)).find((row) => compareValues(source.key, row.id, id) === 0) ?? null;

export const valuesOf = async (at: At, model: ModelQuery): Promise<unknown[]> =>
  (await at.result(model)).map((row) => selected(model, row));

export const present = <T>(values: readonly (T | null)[]): T[] =>
  values.filter((value) => value !== null) as T[];

/** Rows of `source` that refer to a key. Whether an index serves that can depend on the key, so `scan` is allowed. */
export const referring = (source: Source, id: unknown): ModelQuery => ({
  source,
  where: [["ref", { eq: id }]],
  order: [],
  reverse: false,
  limit: undefined,
  select: undefined,
  filter: undefined,
});

export interface Served {
  readonly model: ModelQuery;
  readonly scan: boolean;
}

export async function served(setting: Setting, model: ModelQuery): Promise<Served> {
  return { model, scan: await setting.needsScan(model) };
}

export const query = ({ model, scan }: Served) => queryOf(model, scan);
