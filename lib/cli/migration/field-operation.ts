/** Runs a change of stored fields on tenants, for the verbs that copy, rename and delete fields. */

import type { FieldOperationOptions, FieldOperationResult, MigrationHost } from "../../migration/index.js";
import type { Tenant } from "../../tenant/index.js";
import { chosenTenants, openTenant } from "../app/index.js";
import type { CommandContext } from "../command/index.js";
import { ExitCode } from "../command/index.js";
import { confirm, plural, showId } from "../output/index.js";

/** A change of stored fields, one tenant after the other. */
export interface FieldOperation {
  /** For the question: `Delete "nick" from users`. */
  readonly what: string;
  readonly label: string;
  run(host: MigrationHost, tenant: Tenant, options: FieldOperationOptions): Promise<FieldOperationResult>;
}

/** Confirms and runs an operation on the chosen tenants, with progress and a total. */
export async function runFieldOperation(
  { out, app, signal }: CommandContext,
  operation: FieldOperation,
  flags: { readonly tenant: readonly string[]; readonly yes: boolean },
): Promise<ExitCode> {
  const opened = await app();
  const ids = await chosenTenants(opened, flags.tenant);
  await confirm(out, `${operation.what} in ${plural(ids.length, "tenants")}`, flags.yes);
  const host = { engine: () => Promise.resolve(opened.engine), metadata: opened.metadata };
  const progress = out.progress(operation.label, "records");
  const total = { rows: 0, changed: 0 };
  try {
    for (const id of ids) {
      const tenant = await openTenant(opened, id);
      const { rows, changed } = await operation.run(host, tenant, {
        signal,
        onProgress: (step) => progress.update({ done: total.rows + step.rows, detail: showId(id) }),
      });
      total.rows += rows;
      total.changed += changed;
      out.result({ tenant: id, rows, changed });
      out.line(`${showId(id)}  ${plural(changed, "records")} changed of ${rows}`);
    }
  } finally {
    progress.end();
  }
  if (ids.length > 1) out.line(`${plural(total.changed, "records")} changed of ${total.rows} in all`);
  return ExitCode.ok;
}

/** A stored field as it is written in a command line: digits are a tag. */
export const storedField = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text);
