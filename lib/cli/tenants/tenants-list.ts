/** `plinth tenants list`: prints the ids of all tenants. */

import { Tenant } from "../../tenant/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { showId } from "../output/index.js";

export const tenantsList = defineCommand({
  words: ["tenants", "list"],
  summary: "List the tenants",
  description: ["One id a line, in byte order; ids with unusual characters are written as JSON strings."],
  args: [],
  flags: {
    prefix: { type: "string", placeholder: "TEXT", summary: "only ids that start with this" },
  },
  examples: [
    { line: "plinth tenants list", does: "all of them" },
    { line: "plinth tenants list --prefix eu- --json", does: 'lines such as {"tenant":"eu-acme"}' },
  ],
  shows: true,
  async run({ out, app, signal }, _args, { prefix }) {
    const { host } = await app();
    for await (const id of Tenant.list(host)) {
      signal.throwIfAborted();
      if (prefix !== undefined && !id.startsWith(prefix)) continue;
      out.result({ tenant: id });
      out.line(showId(id));
    }
    return ExitCode.ok;
  },
});
