/** Checks that a line of an export has the shape that the format gives it. */

import { ImportError } from "../../errors.js";
import { decodeIndexInfo, decodeMeta, type IndexInfo } from "../../layer/index.js";
import type { EndLine, HeaderLine, IndexLine } from "./format.js";
import { bytesOf } from "./value-json.js";

type Parsed = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Parsed =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

function refuse(what: string): never {
  throw new ImportError(`Line 1, the header, is damaged: ${what}. Export the tenant again.`);
}

/** @throws ImportError that names what is wrong with it */
export function checkHeader(value: Parsed): HeaderLine {
  if (!isText(value.tenant) || value.tenant === "") refuse("it names no tenant");
  for (const name of ["source", "storageId", "exportedAt"]) {
    if (!isText(value[name])) refuse(`it has no "${name}"`);
  }
  if (!Array.isArray(value.indexes)) refuse("it has no list of indexes");
  if (!Array.isArray(value.migrations)) refuse("it has no list of migrations");
  for (const index of value.indexes) indexOf(index);
  const versions = new Set<number>();
  for (const migration of value.migrations as readonly unknown[]) {
    if (!isObject(migration) || !isCount(migration.version)) {
      refuse(`${shown(isObject(migration) ? migration.version : migration)} is no version of a migration`);
    }
    if (versions.has(migration.version)) refuse(`migration ${migration.version} is there twice`);
    versions.add(migration.version);
    const note = isText(migration.value)
      ? decoded(() => decodeMeta(bytesOf(String(migration.value))))
      : undefined;
    if (!isObject(note) || !isText(note.name) || !isText(note.appliedAt)) {
      refuse(`what is noted about migration ${migration.version} cannot be read`);
    }
  }
  return value as unknown as HeaderLine;
}

/** The registrations that a header tells. */
export const indexesOf = (header: HeaderLine): IndexInfo[] => header.indexes.map(indexOf);

const kinds: ReadonlySet<unknown> = new Set(["index", "metadata", "counter", "sum", "custom"]);
const states: ReadonlySet<unknown> = new Set(["writeOnly", "readable", "deleteOnly"]);

/** The registration of one index, which must say what its line says. */
function indexOf(line: unknown): IndexInfo {
  if (!isObject(line) || !isText(line.source) || !isText(line.name) || !isText(line.registration)) {
    refuse(`${shown(line)} is no index`);
  }
  const { source, name, registration } = line as unknown as IndexLine;
  const info = decoded(() => decodeIndexInfo(source, name, bytesOf(registration)));
  const readable =
    info !== undefined &&
    kinds.has(info.kind) &&
    states.has(info.state) &&
    [info.fields, info.stored, info.types, info.key, info.include, info.includeStored].every(Array.isArray) &&
    info.stored.length === info.fields.length &&
    info.types.length === info.fields.length &&
    info.includeStored.length === info.include.length &&
    (info.whole === undefined || info.whole === true) &&
    typeof info.unique === "boolean" &&
    (info.each === undefined || (isCount(info.each) && info.each < info.fields.length)) &&
    (info.paths === undefined || (Array.isArray(info.paths) && info.paths.every(isTexts))) &&
    (info.priority === undefined || Number.isSafeInteger(info.priority)) &&
    (info.where === undefined || Array.isArray(info.where)) &&
    (info.indexer === undefined || isText(info.indexer));
  if (!readable) refuse(`the registration of the index ${shown(name)} cannot be read`);
  const agrees =
    line.kind === info.kind &&
    line.state === info.state &&
    isTexts(line.fields) &&
    line.fields.join("\n") === info.fields.join("\n");
  if (!agrees) refuse(`the index ${shown(name)} and its registration differ`);
  return info;
}

/** What damaged bytes give: undefined, whatever the decoder threw. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

export function isEnd(value: Parsed): boolean {
  const { end } = value as { readonly end?: Partial<EndLine["end"]> };
  return (
    isObject(end) &&
    isCount(end.rows) &&
    isCount(end.keys) &&
    isText(end.firstVersion) &&
    isText(end.lastVersion) &&
    isTexts(end.changed)
  );
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80);
