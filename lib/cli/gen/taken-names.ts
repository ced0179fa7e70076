/** Names that a generated file cannot give away, because it uses them or every JavaScript program has them. */

import { UsageError } from "../../errors.js";
import { isReservedName } from "../../schema/index.js";

/** What generated files import from "plinth", now or when they are edited, and would then be shadowed. */
const imported = [
  ...["BelongsTo", "EmbeddedSchema", "EmbedsMany", "EmbedsOne", "Field", "HasMany", "HasOne", "InsertedAt"],
  ...["ManyToMany", "Migration", "PrimaryKey", "Schema", "UpdatedAt", "Versionstamp"],
];

/** What the language and its types have under a capital letter: `Date`, `Object`, `Uint8Array`, `Record`. */
const builtIn = [
  ...Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name)),
  ...[
    "Array",
    "Awaited",
    "Exclude",
    "Extract",
    "Iterable",
    "NonNullable",
    "Omit",
    "Parameters",
    "Partial",
    "Pick",
  ],
  ...["PropertyKey", "Readonly", "Record", "Required", "ReturnType", "Symbol"],
];

const taken: ReadonlySet<string> = new Set([...imported, ...builtIn]);

/** @throws UsageError when a class of this name would hide another that its file needs */
export function refuseTakenClass(given: string, name: string): void {
  if (!taken.has(name)) return;
  const whose = imported.includes(name) ? "plinth" : "JavaScript";
  throw new UsageError(
    `"${given}" gives the class ${name}, which is a name of ${whose}'s; choose another, for example My${name}.`,
  );
}

/** @throws UsageError for a property that no record can have */
export function refuseTakenProperty(given: string, name: string): void {
  if (!isReservedName(name)) return;
  throw new UsageError(`"${given}" gives the field ${name}, which every object has; choose another name.`);
}

/** Words that cannot name a variable in a module, and what the changeset of a generated schema uses itself. */
const words: ReadonlySet<string> = new Set(
  (
    "arguments await break case cast catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package params private protected " +
    "public return static super switch this throw true try typeof undefined var void while with yield"
  ).split(" "),
);

/** A variable for a record of the class. */
export function variableOf(className: string): string {
  const name = className.charAt(0).toLowerCase() + className.slice(1);
  return words.has(name) ? "record" : name;
}
