/** `plinth copy-field`: copies a field to another one in every record. */

import { copyField } from "../../migration/index.js";
import { requireSchema } from "../app/index.js";
import { defineCommand, tenantFlag, yesFlag } from "../command/index.js";
import { runFieldOperation } from "./field-operation.js";

export const copyFieldVerb = defineCommand({
  words: ["copy-field"],
  summary: "Copy a field to another in every record",
  description: [
    "Wherever FROM has a value and TO another or none. Both must be fields of the schema. Works in batches beside\n" +
      "writers, keeps indexes in step, and goes on where it was when it is interrupted and run again.",
    "A rename without downtime: release code that writes both fields, run copy-field, release code that reads the new\n" +
      "one, drop the old one's indexes, then run delete-field.",
  ],
  args: [
    { name: "SCHEMA", summary: "a source, or the class of a schema of the configuration" },
    { name: "FROM", summary: "the field that is read" },
    { name: "TO", summary: "the field that is written" },
  ],
  flags: { ...tenantFlag, ...yesFlag },
  examples: [
    { line: "plinth copy-field User name fullName", does: "in all tenants, after a question" },
    { line: "plinth copy-field users name fullName -t acme --yes", does: "in one" },
  ],
  async run(context, [name, from, to], flags) {
    const info = requireSchema(await context.app(), name as string);
    return runFieldOperation(
      context,
      {
        what: `Overwrite ${info.source}.${to} with ${from}`,
        label: `copying ${from} to ${to}`,
        run: (host, tenant, options) =>
          copyField(host, tenant, info.schema, from as never, to as never, options),
      },
      flags,
    );
  },
});
