/** `plinth rename-field`: moves the stored values of a field to its new name. */

import { renameField } from "../../migration/index.js";
import { requireSchema } from "../app/index.js";
import { defineCommand, tenantFlag, yesFlag } from "../command/index.js";
import { runFieldOperation, storedField } from "./field-operation.js";

export const renameFieldVerb = defineCommand({
  words: ["rename-field"],
  summary: "Move the stored values of a field to its new name",
  description: [
    "The schema declares TO and no longer FROM, and no index uses FROM. A record that has a value in TO keeps it, and\n" +
      "loses FROM. Works in batches, and goes on where it was when it is run again.",
    "A field with a tag, or with { source: FROM }, can be renamed in the schema alone.",
  ],
  args: [
    { name: "SCHEMA", summary: "a source, or the class of a schema of the configuration" },
    { name: "FROM", summary: "the stored name (or tag) that goes" },
    { name: "TO", summary: "the field of the schema" },
  ],
  flags: { ...tenantFlag, ...yesFlag },
  examples: [
    { line: "plinth rename-field User nick nickname", does: "in all tenants, after a question" },
    { line: "plinth rename-field users nick nickname --yes --json", does: "lines with the records changed" },
  ],
  async run(context, [name, from, to], flags) {
    const info = requireSchema(await context.app(), name as string);
    return runFieldOperation(
      context,
      {
        what: `Move ${info.source}.${from} to ${to}`,
        label: `renaming ${from} to ${to}`,
        run: (host, tenant, options) =>
          renameField(host, tenant, info.schema, storedField(from as string), to as never, options),
      },
      flags,
    );
  },
});
