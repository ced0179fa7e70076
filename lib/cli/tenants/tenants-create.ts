/** `plinth tenants create`: creates tenants and applies the migrations to them. */

import { Tenant } from "../../tenant/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { showId } from "../output/index.js";

export const tenantsCreate = defineCommand({
  words: ["tenants", "create"],
  summary: "Create tenants and apply the migrations to them",
  description: ["Fails for an id that exists, unless --if-missing is given."],
  args: [{ name: "ID", summary: "the tenant's id: any text of 1 to 1,000 bytes", many: true }],
  flags: {
    "if-missing": { type: "boolean", summary: "leave tenants alone that exist" },
  },
  examples: [
    { line: "plinth tenants create acme globex", does: "creates two" },
    { line: "plinth tenants create acme --if-missing", does: "does nothing when it exists" },
  ],
  createsStore: true,
  async run({ out, app, signal }, ids, flags) {
    const { repo, host } = await app();
    for (const id of ids) {
      signal.throwIfAborted();
      const existed = flags["if-missing"] && (await Tenant.exists(host, id));
      if (!existed) await Tenant.create(repo, id);
      out.result({ tenant: id, created: !existed });
      out.line(existed ? `${showId(id)} exists` : `Created ${showId(id)}`);
    }
    return ExitCode.ok;
  },
});
