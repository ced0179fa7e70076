/** Reads what `.select`, `.addSelect` and `.selectRecord` were given into a selection. */

import { InvalidQueryError } from "../../errors.js";
import { isPlainObject, showValue } from "../../schema/index.js";
import type { QueryAst, Selection } from "./ast.js";
import { keyFields } from "./key-fields.js";
import { requireStoredField } from "./parse-where.js";

interface Chosen {
  readonly names: readonly string[];
  readonly fields: readonly string[];
}

/** A row tells whole fields, not what lies in them. */
function requireOwnField(ast: QueryAst, field: string): void {
  requireStoredField(ast.info, ast.source, field);
  ast.info?.field(field);
}

/** Names by which a row could not be told from what every object inherits. */
const forbidden: ReadonlySet<string> = new Set(["__proto__"]);

function chosenIn(ast: QueryAst, method: string, given: unknown): Chosen {
  const renamed = isPlainObject(given);
  const names = renamed ? Object.keys(given) : (given as readonly string[]);
  if (!(renamed || Array.isArray(given)) || names.length === 0) {
    throw new InvalidQueryError(
      `.${method}() takes a list of fields or names for them: .${method}(["id", "name"]) or ` +
        `.${method}({ key: "id", title: "name" }), not ${showValue(given)}.`,
    );
  }
  const fields = renamed ? names.map((name) => given[name]) : names;
  for (const field of fields) {
    if (typeof field !== "string") {
      throw new InvalidQueryError(
        `.${method}() takes the name of a field for each name of the row, not ${showValue(field)}: ` +
          `.${method}({ title: "name" }).`,
      );
    }
    requireOwnField(ast, field);
  }
  const reserved = names.find((name) => forbidden.has(name));
  if (renamed && reserved !== undefined) {
    throw new InvalidQueryError(`.${method}() cannot call a field "${reserved}"; give it another name.`);
  }
  return { names, fields: fields as readonly string[] };
}

function selectionOf({ names, fields }: Chosen): Selection {
  const own = names.every((name, at) => name === fields[at]);
  return Object.freeze({
    fields: Object.freeze([...fields]),
    single: false,
    ...(!own && { names: Object.freeze([...names]) }),
  });
}

/** @throws InvalidQueryError, UnknownFieldError */
export function withSelect(ast: QueryAst, given: unknown): QueryAst {
  if (ast.preload.length > 0) throw selectAndPreload();
  if (typeof given !== "string") return withSelection(ast, selectionOf(chosenIn(ast, "select", given)));
  requireOwnField(ast, given);
  return withSelection(ast, Object.freeze({ fields: Object.freeze([given]), single: true }));
}

/** The fields that are selected already, and more of them; a name that is there is replaced. */
export function withAddedSelect(ast: QueryAst, given: unknown): QueryAst {
  if (ast.preload.length > 0) throw selectAndPreload();
  const before = ast.select;
  if (before !== undefined && (before.single || before.record === true)) {
    throw new InvalidQueryError(
      before.single
        ? `.addSelect() adds fields to a row of fields, and .select("${before.fields[0]}") gives plain values. ` +
            `Write .select(["${before.fields[0]}"]) before it.`
        : ".addSelect() adds fields to a row of fields, and .selectRecord() gives records. Name them all in .selectRecord([…]).",
    );
  }
  const more = chosenIn(ast, "addSelect", typeof given === "string" ? [given] : given);
  const all = new Map<string, string>();
  for (const [at, field] of (before?.fields ?? []).entries()) all.set(before?.names?.[at] ?? field, field);
  for (const [at, name] of more.names.entries()) all.set(name, more.fields[at]!);
  return withSelection(ast, selectionOf({ names: [...all.keys()], fields: [...all.values()] }));
}

/** Records that hold these fields and their key. */
export function withRecordSelect(ast: QueryAst, given: unknown): QueryAst {
  if (ast.preload.length > 0) throw selectAndPreload();
  if (ast.info === undefined) {
    throw new InvalidQueryError(
      `.selectRecord() makes records of a class, and from("${ast.source}") knows none; use from(Schema) or .select([…]).`,
    );
  }
  if (!Array.isArray(given)) {
    throw new InvalidQueryError(
      `.selectRecord() takes a list of fields, which keep their names: .selectRecord(["id", "name"]), not ${showValue(given)}.`,
    );
  }
  const { fields } = chosenIn(ast, "selectRecord", given);
  const all = [...new Set([...keyFields(ast.info), ...fields])];
  return withSelection(ast, Object.freeze({ fields: Object.freeze(all), single: false, record: true }));
}

const withSelection = (ast: QueryAst, select: Selection): QueryAst => Object.freeze({ ...ast, select });

export function selectAndPreload(): InvalidQueryError {
  return new InvalidQueryError(
    ".select() returns fields and .preload() whole records; use one of them, or select from the preloaded records.",
  );
}
