/** `plinth tenants delete`: deletes tenants with every key of them. */

import { Tenant } from "../../tenant/index.js";
import { chosenTenants } from "../app/index.js";
import { defineCommand, ExitCode, yesFlag } from "../command/index.js";
import { confirm, showId } from "../output/index.js";

export const tenantsDelete = defineCommand({
  words: ["tenants", "delete"],
  summary: "Delete tenants with every key of them",
  description: ["Handles of a deleted tenant, in all processes, are dead from then on (TenantGoneError)."],
  args: [{ name: "ID", summary: "the tenant's id", many: true }],
  flags: { ...yesFlag },
  examples: [
    { line: "plinth tenants delete acme", does: "asks first" },
    { line: "plinth tenants delete acme globex --yes", does: "does not ask" },
  ],
  async run({ out, app, signal }, named, flags) {
    const opened = await app();
    const ids = await chosenTenants(opened, named);
    await confirm(out, `Delete ${ids.map(showId).join(", ")} with all data`, flags.yes);
    for (const id of ids) {
      signal.throwIfAborted();
      await Tenant.delete(opened.host, id);
      out.result({ tenant: id, deleted: true });
      out.line(`Deleted ${showId(id)}`);
    }
    return ExitCode.ok;
  },
});
