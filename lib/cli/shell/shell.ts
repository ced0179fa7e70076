/** `plinth shell`: opens a JavaScript prompt with the repo in scope. */

import { change } from "../../changeset/index.js";
import { UsageError } from "../../errors.js";
import { from } from "../../query/index.js";
import { build } from "../../schema/index.js";
import { Tenant } from "../../tenant/index.js";
import { openTenant } from "../app/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { prompt, runPiped } from "./run-repl.js";

export const shell = defineCommand({
  words: ["shell"],
  summary: "Open a JavaScript prompt with the repo in scope",
  description: [
    "In scope: repo, from, build, change, Tenant, every schema of the configuration by its class name, and tenant when\n" +
      "--tenant is given. await works at the prompt. Nothing is migrated by opening the shell.",
    "Piped lines run one after the other; the exit code is 1 when one of them throws.",
  ],
  args: [],
  flags: {
    tenant: { type: "string", short: "t", placeholder: "ID", summary: "opens this tenant as `tenant`" },
  },
  examples: [
    { line: "plinth shell -t acme", does: "then: await repo.all(from(Product).limit(3), { tenant })" },
    { line: "echo 'await repo.count(Product, { tenant })' | plinth shell -t acme", does: "from a pipe" },
  ],
  createsStore: true,
  async run({ app, environment, out, signal }, _args, flags) {
    if (out.mode === "json") {
      throw new UsageError(
        "plinth shell answers as JavaScript prints; for JSON: console.log(JSON.stringify(…)).",
      );
    }
    const opened = await app();
    const scope: Record<string, unknown> = { repo: opened.repo, from, build, change, Tenant };
    for (const info of opened.schemas.values()) scope[info.name] = info.schema;
    if (flags.tenant !== undefined) scope.tenant = await openTenant(opened, flags.tenant);
    if (environment.stdin.isTTY === true && environment.stdout.isTTY === true) {
      out.line(`In scope: ${Object.keys(scope).join(", ")}`);
      await prompt(scope, environment);
      return ExitCode.ok;
    }
    return (await runPiped(scope, environment, signal)) ? ExitCode.ok : ExitCode.failed;
  },
});
