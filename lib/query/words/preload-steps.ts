/** Reads what a preload is given, paths, trees, queries and functions, into steps from relation to relation. */

import {
  type AssociationInfo,
  isPlainObject,
  isSchema,
  type SchemaInfo,
  showValue,
} from "../../schema/index.js";
import { type PreloadFunction, type PreloadStep, type QueryAst, subjectOf } from "./ast.js";

/** What belongs to the place where a preload is written. */
export interface PreloadWords {
  /** The tree of a query or schema class; undefined for what is neither. */
  readonly astOf: (value: object) => QueryAst | undefined;
  readonly refuse: (message: string) => Error;
}

const none: readonly PreloadStep[] = Object.freeze([]);

/** @throws UnknownFieldError for what is no relation; what `refuse` makes of anything else that cannot be loaded */
export function preloadSteps(info: SchemaInfo, given: unknown, words: PreloadWords): readonly PreloadStep[] {
  if (typeof given === "string") return pathSteps(info, given);
  if (Array.isArray(given)) {
    // Not `map`, which leaves out holes.
    return Array.from(given, (one: unknown) => {
      if (Array.isArray(one))
        throw words.refuse("A preload takes one list of paths, and a list is in it again.");
      return preloadSteps(info, one, words);
    }).reduce((all, steps) => mergeSteps(info, all, steps, words), none);
  }
  if (isPlainObject(given)) {
    const steps = Object.entries(given).map(([name, level]) => stepOf(info, name, level, words));
    return Object.freeze(steps);
  }
  throw words.refuse(
    `A preload takes paths, as "reviews.author", or an object by relation, as { reviews: true }, not ${showValue(given)}.`,
  );
}

function pathSteps(info: SchemaInfo, path: string): readonly PreloadStep[] {
  const [name = "", ...rest] = path.split(".");
  const target = info.association(name).target();
  const below = rest.length === 0 ? none : pathSteps(target, rest.join("."));
  return Object.freeze([Object.freeze({ relation: name, query: undefined, load: undefined, below })]);
}

function stepOf(info: SchemaInfo, name: string, level: unknown, words: PreloadWords): PreloadStep {
  const association = info.association(name);
  const source = Array.isArray(level) ? sourceOf(info, association, level[0], words) : undefined;
  if (source !== undefined) {
    const [, ...others] = level as readonly unknown[];
    const rest = others.length === 1 ? others[0] : others;
    return withBelow(association, source, preloadSteps(association.target(), rest, words), words);
  }
  const alone = sourceOf(info, association, level, words);
  if (alone !== undefined) return withBelow(association, alone, none, words);
  const empty = { query: undefined, load: undefined };
  if (level === true) return withBelow(association, empty, none, words);
  if (typeof level === "string" || Array.isArray(level) || isPlainObject(level)) {
    return withBelow(association, empty, preloadSteps(association.target(), level, words), words);
  }
  throw words.refuse(
    `${info.name}.${name} is preloaded by true, a query, a function (ids) => rows, or what is preloaded below it, not ` +
      `${showValue(level)}.${level === false || level === undefined ? " Leave it out to not load it." : ""}`,
  );
}

type Source = Pick<PreloadStep, "query" | "load">;

/** The query or function that gives the rows; undefined when the level says something else. */
function sourceOf(
  info: SchemaInfo,
  association: AssociationInfo,
  level: unknown,
  words: PreloadWords,
): Source | undefined {
  const isObject = typeof level === "object" && level !== null;
  const query = isObject || isSchema(level) ? words.astOf(level as object) : undefined;
  if (query !== undefined) {
    checkQuery(info, association, query, words);
    return { query, load: undefined };
  }
  if (typeof level !== "function") return undefined;
  if (association.through === undefined) return { query: undefined, load: level as PreloadFunction };
  throw words.refuse(
    `${info.name}.${association.name} goes through ${association.through.join(" and ")}, so no function can give its rows by ` +
      `the ids of one side; give one for each step: { ${association.through[0]}: … }.`,
  );
}

function checkQuery(
  info: SchemaInfo,
  { name, target }: AssociationInfo,
  query: QueryAst,
  { refuse }: PreloadWords,
): void {
  const where = `${info.name}.${name}`;
  if (query.info?.source !== target().source) {
    throw refuse(
      `${where} leads to ${target().name}, and the query that it is preloaded by is on ${subjectOf(query)}. ` +
        `Write from(${target().name}).`,
    );
  }
  if (query.select !== undefined) {
    throw refuse(
      `The query that ${where} is preloaded by has .select(), and what is preloaded are whole records; leave it out.`,
    );
  }
  if (query.after !== undefined) {
    throw refuse(
      `The query that ${where} is preloaded by has .after(), and a cursor is a place in one list: preloaded are the lists of ` +
        `many records. Read the page of one: repo.page(assoc(record, "${name}"), { limit, after }).`,
    );
  }
}

function withBelow(
  { name, target }: AssociationInfo,
  { query, load }: Source,
  below: readonly PreloadStep[],
  words: PreloadWords,
): PreloadStep {
  // What the query preloads itself is below it as well.
  const all = query === undefined ? below : mergeSteps(target(), query.preload, below, words);
  return Object.freeze({ relation: name, query, load, below: all });
}

/** Steps of both lists, those of one relation as one. */
export function mergeSteps(
  info: SchemaInfo,
  first: readonly PreloadStep[],
  second: readonly PreloadStep[],
  words: PreloadWords,
): readonly PreloadStep[] {
  const merged = new Map(first.map((step) => [step.relation, step]));
  for (const step of second) {
    const known = merged.get(step.relation);
    merged.set(step.relation, known === undefined ? step : mergeTwo(info, known, step, words));
  }
  return Object.freeze([...merged.values()]);
}

function mergeTwo(info: SchemaInfo, a: PreloadStep, b: PreloadStep, words: PreloadWords): PreloadStep {
  const isPlain = ({ query, load }: PreloadStep) => query === undefined && load === undefined;
  if (!isPlain(a) && !isPlain(b) && (a.query !== b.query || a.load !== b.load)) {
    throw words.refuse(
      `${info.name}.${a.relation} is preloaded in two ways; a record has one list of it. Give one query or function.`,
    );
  }
  const target = info.association(a.relation).target();
  const { query, load } = isPlain(a) ? b : a;
  return Object.freeze({
    relation: a.relation,
    query,
    load,
    below: mergeSteps(target, a.below, b.below, words),
  });
}

/** The paths of steps to the ends, as `explain` shows them. */
export function pathsOf(steps: readonly PreloadStep[]): readonly string[] {
  return steps.flatMap(({ relation, below }) =>
    below.length === 0 ? [relation] : pathsOf(below).map((path) => `${relation}.${path}`),
  );
}
