/** `plinth delete-field`: removes the stored values of a field that the schema no longer has. */

import { deleteField } from "../../migration/index.js";
import { requireSchema } from "../app/index.js";
import { defineCommand, tenantFlag, yesFlag } from "../command/index.js";
import { runFieldOperation, storedField } from "./field-operation.js";

export const deleteFieldVerb = defineCommand({
  words: ["delete-field"],
  summary: "Remove the stored values of a field that the schema no longer has",
  description: [
    "The field must be gone from the schema, else running processes would write it again, and from every index. Works\n" +
      "in batches, and goes on where it was when it is run again.",
  ],
  args: [
    { name: "SCHEMA", summary: "a source, or the class of a schema of the configuration" },
    { name: "FIELD", summary: "the stored name, or the tag" },
  ],
  flags: { ...tenantFlag, ...yesFlag },
  examples: [
    { line: "plinth delete-field User nick", does: "in all tenants, after a question" },
    { line: "plinth delete-field users 7 -t acme --yes", does: "a field with a tag, in one tenant" },
  ],
  async run(context, [name, field], flags) {
    const info = requireSchema(await context.app(), name as string);
    return runFieldOperation(
      context,
      {
        what: `Delete ${info.source}.${field}`,
        label: `deleting ${field}`,
        run: (host, tenant, options) =>
          deleteField(host, tenant, info.schema, storedField(field as string), options),
      },
      flags,
    );
  },
});
