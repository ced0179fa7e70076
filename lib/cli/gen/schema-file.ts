/** The name and the text of a new schema file. */

import { UsageError } from "../../errors.js";
import { className, fileName, pluralOf, snakeName } from "./names.js";
import { type FieldSource, parseField } from "./parse-field.js";
import { refuseTakenClass, variableOf } from "./taken-names.js";

/** A schema as source text. */
export interface SchemaFile {
  readonly file: string;
  readonly className: string;
  /** The name in the keyspace. */
  readonly source: string;
  readonly text: string;
  /** Classes that it refers to, and the files beside it that they are imported from. */
  readonly targets: readonly { readonly className: string; readonly file: string }[];
}

/** Names the decorators that every generated schema uses. */
const always = ["cast", "InsertedAt", "PrimaryKey", "Schema", "UpdatedAt"];

function importLine(fields: readonly FieldSource[]): string {
  const names = new Set([...always, ...fields.flatMap(({ imports }) => imports)]);
  const bare = (name: string): string => name.replace("type ", "").toLowerCase();
  const sorted = [...names].sort((a, b) => (bare(a) < bare(b) ? -1 : 1));
  return `import { ${sorted.join(", ")} } from "plinth";`;
}

const quotedList = (names: readonly string[]): string => `[${names.map((name) => `"${name}"`).join(", ")}]`;

/**
 * The source of a schema with the given fields, a generated key, timestamps and a changeset.
 *
 * @throws UsageError for a field that cannot be read or is given twice
 */
export function schemaFile(name: string, specs: readonly string[], source?: string): SchemaFile {
  const fields = specs.map(parseField);
  refuseDoubles(fields);
  const className_ = className(name);
  refuseTakenClass(name, className_);
  const variable = variableOf(className_);
  const required = fields.filter((field) => field.required);
  const storedAs = source ?? pluralOf(snakeName(name));
  // A schema that refers to itself needs no import of itself.
  const targets = [...new Set(fields.flatMap(({ target }) => target ?? []))]
    .filter((target) => target !== className_)
    .map((target) => ({ className: target, file: `${fileName(target)}.ts` }));
  const text = [
    importLine(fields),
    ...targets.map(
      ({ className, file }) => `import { ${className} } from "./${file.replace(/\.ts$/, ".js")}";`,
    ),
    "",
    `@Schema(${JSON.stringify(storedAs)})`,
    `export class ${className_} {`,
    '  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;',
    ...fields.flatMap(({ lines }) => lines.map((line) => `  ${line}`)),
    "  @InsertedAt() declare insertedAt: Date;",
    "  @UpdatedAt() declare updatedAt: Date;",
    "",
    `  static changeset(${variable}: ${className_}, params: unknown = {}) {`,
    `    return cast(${variable}, params, ${quotedList(fields.map((field) => field.name))})` +
      `${required.length === 0 ? "" : `.validateRequired(${quotedList(required.map((field) => field.name))})`};`,
    "  }",
    "}",
    "",
  ].join("\n");
  return { file: `${fileName(name)}.ts`, className: className_, source: storedAs, text, targets };
}

function refuseDoubles(fields: readonly FieldSource[]): void {
  const seen = new Set(["id", "insertedAt", "updatedAt"]);
  for (const name of fields.flatMap(({ properties }) => properties)) {
    if (seen.has(name)) {
      throw new UsageError(
        `"${name}" is there twice; id, insertedAt and updatedAt are made without being asked for.`,
      );
    }
    seen.add(name);
  }
}
