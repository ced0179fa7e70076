/** `plinth gen schema`: writes a schema with fields, timestamps and a changeset. */

import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { UsageError } from "../../errors.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { schemaFile } from "./schema-file.js";
import { writeNewFile } from "./write-new-file.js";

export const genSchema = defineCommand({
  words: ["gen", "schema"],
  summary: "Write a schema with fields, timestamps and a changeset",
  description: [
    "A field is written name:type. A question mark behind the type lets it be null, brackets make it a list:\n" +
      "note:string?, tags:string[]. Further forms: state:enum(open,closed), customer:references(Customer).",
    "Types: id integer float bigint boolean string binary binary_id uuid date time utc_datetime\n" +
      "utc_datetime_usec decimal json versionstamp.",
  ],
  args: [
    { name: "NAME", summary: "the class, in the singular, for example Order" },
    { name: "FIELD:TYPE", summary: "the fields", optional: true, many: true },
  ],
  flags: {
    dir: { type: "string", placeholder: "FOLDER", summary: "where the file goes; default: schemas" },
    source: { type: "string", placeholder: "NAME", summary: "the name in the keyspace; default: the plural" },
  },
  examples: [
    { line: "plinth gen schema Order number:integer total:decimal", does: "writes schemas/order.ts" },
    {
      line: "plinth gen schema OrderLine 'order:references(Order)' 'note:string?' --dir src",
      does: "a reference and a field that may be null",
    },
  ],
  async run({ out, environment }, [name, ...fields], flags) {
    const written = schemaFile(name as string, fields, flags.source);
    const folder = join(environment.cwd, flags.dir ?? "schemas");
    for (const { className, file } of written.targets)
      requireTarget(environment.cwd, folder, className, file);
    const path = join(folder, written.file);
    await writeNewFile(path, written.text);
    const file = relative(environment.cwd, path);
    out.result({ file, class: written.className, source: written.source });
    out.line(`Wrote ${file} (source "${written.source}")`);
    out.line(`Index what you query by: plinth gen migration add-${written.source.replaceAll("_", "-")}`);
    return ExitCode.ok;
  },
});

/** A file that imports one that is not there does not compile. */
function requireTarget(cwd: string, folder: string, className: string, file: string): void {
  const path = join(folder, file);
  if (existsSync(path)) return;
  const shown = relative(cwd, path);
  throw new UsageError(
    `There is no ${shown}, from which ${className} would be imported. Write it first: plinth gen schema ${className}; or ` +
      "take the key alone and add the relation by hand: xId:binary_id.",
  );
}
