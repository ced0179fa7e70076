/** Loads the relations of records and sets them on the records; all relations of one level are read at once. */

import { UnsupportedQueryError } from "../../errors.js";
import { readRecord } from "../../layer/index.js";
import { emptyAst, planFor, type QueryAst, runPlan } from "../../query/index.js";
import type { AssociationInfo, SchemaInfo } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { keyOfId } from "./key-of-id.js";
import { keyText } from "./key-text.js";

type Row = Record<string, unknown>;

/** Owners whose related rows are read at once. */
const OWNERS = 1_000;

/** `["reviews.author", "reviews"]` as relations, each with the paths below it. */
function firstSteps(paths: readonly string[]): Map<string, string[]> {
  const steps = new Map<string, string[]>();
  for (const path of paths) {
    const [name = "", ...rest] = path.split(".");
    const below = steps.get(name) ?? [];
    if (rest.length > 0) below.push(rest.join("."));
    steps.set(name, below);
  }
  return steps;
}

/** Gives key values as text, for finding rows by them; each value is worked out once. */
function textsOf(info: SchemaInfo, field: string): (value: unknown) => string {
  const { type } = info.field(field);
  const known = new Map<unknown, string>();
  return (value) => {
    let text = known.get(value);
    if (text === undefined) {
      text = keyText([type.toKey === undefined ? String(value) : type.toKey(value)]);
      known.set(value, text);
    }
    return text;
  };
}

async function parents(
  session: Session,
  info: SchemaInfo,
  association: AssociationInfo,
  records: readonly Row[],
  snapshot: boolean,
): Promise<object[]> {
  const target = association.target();
  if (target.partitionBy !== undefined) {
    throw new UnsupportedQueryError(
      `${info.name}.${association.name} cannot be preloaded: a ${target.name} is found by ${target.partitionBy.name} and ` +
        `${target.primaryKey.name}, and the foreign key holds only one of them. Read it with repo.get.`,
    );
  }
  const textOf = textsOf(info, association.foreignKey);
  const reads = new Map<string, Promise<object | null>>();
  const found = new Map<string, object | null>();
  for (const record of records) {
    const key = record[association.foreignKey] ?? null;
    if (key === null) continue;
    const text = textOf(key);
    if (!reads.has(text))
      reads.set(text, readRecord(session.layer, target, keyOfId(target, key), { snapshot }));
  }
  await Promise.all([...reads].map(async ([text, read]) => found.set(text, await read)));
  for (const record of records) {
    const key = record[association.foreignKey] ?? null;
    record[association.name] = key === null ? null : (found.get(textOf(key)) ?? null);
  }
  return [...found.values()].filter((row) => row !== null);
}

async function children(
  session: Session,
  info: SchemaInfo,
  association: AssociationInfo,
  records: readonly Row[],
  snapshot: boolean,
): Promise<object[]> {
  const target = association.target();
  const { foreignKey, name, kind } = association;
  const ownKey = info.primaryKey.name;
  const textOf = textsOf(target, foreignKey);
  // An owner may be among the records more than once: its rows are read once all the same.
  const owners = new Map<string, unknown>();
  for (const record of records) {
    // Without a key a record owns nothing; a row whose foreign key is null belongs to nobody.
    const key = record[ownKey] ?? null;
    if (key !== null) owners.set(textOf(key), key);
  }
  const keys = [...owners.values()];
  const byOwner = new Map<string, Row[]>();
  const all: object[] = [];
  for (let at = 0; at < keys.length; at += OWNERS) {
    const ast: QueryAst = Object.freeze({
      ...emptyAst(target.source, target),
      where: [{ field: foreignKey, op: "in", value: keys.slice(at, at + OWNERS) } as const],
    });
    for (const { record } of await runPlan(session.layer, ast, await planFor(session.layer, ast), {
      snapshot,
    })) {
      const text = textOf((record as Row)[foreignKey]);
      const siblings = byOwner.get(text);
      if (siblings === undefined) byOwner.set(text, [record as Row]);
      else siblings.push(record as Row);
      all.push(record);
    }
  }
  for (const record of records) {
    const rows = byOwner.get(textOf(record[ownKey] ?? null)) ?? [];
    record[name] = kind === "hasMany" ? rows : (rows[0] ?? null);
  }
  return all;
}

/** @param paths relations, and relations of those behind a dot */
export async function preloadInto(
  session: Session,
  info: SchemaInfo,
  records: readonly object[],
  paths: readonly string[],
  snapshot: boolean,
): Promise<void> {
  if (records.length === 0) return;
  const levels = [...firstSteps(paths)].map(async ([name, below]) => {
    const association = info.association(name);
    const load = association.kind === "belongsTo" ? parents : children;
    const rows = await load(session, info, association, records as readonly Row[], snapshot);
    if (below.length > 0)
      await preloadInto(session, association.target(), [...new Set(rows)], below, snapshot);
  });
  await Promise.all(levels);
}
