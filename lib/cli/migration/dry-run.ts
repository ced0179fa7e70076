/** Prints what `plinth migrate` would do to a tenant, with the records that it would read. */

import type { Engine } from "../../engine/index.js";
import { transact } from "../../engine/index.js";
import { describeMismatch } from "../../errors.js";
import { metaKeys, readIndexes } from "../../layer/index.js";
import {
  type MigrationCommand,
  type MigrationHost,
  type MigrationList,
  type PlannedMigration,
  planTenant,
} from "../../migration/index.js";
import type { Tenant } from "../../tenant/index.js";
import { count, type Output, showId } from "../output/index.js";
import { countRows, type RowCount } from "../status/index.js";

/** One command of a plan. */
interface PlannedCommand {
  readonly action: MigrationCommand["action"];
  readonly what: string;
  /** What is read for it; null when a step that changes data does not tell its source. */
  readonly source: string | null;
  readonly rows: number | null;
}

/** @returns how many migrations are pending */
export async function dryRun(
  out: Output,
  engine: Engine,
  host: MigrationHost,
  tenant: Tenant,
  migrations: MigrationList,
): Promise<number> {
  const { pending, mismatches, failed } = await planTenant(host, tenant, migrations);
  const indexes = await transact(engine, (tx) => readIndexes(tx, tenant, metaKeys.allIndexes(tenant)));
  const counts = new Map<string, RowCount>();
  for (const source of new Set(pending.flatMap(({ commands }) => commands.flatMap(sourceOf)))) {
    counts.set(source, await countRows(engine, tenant, source, indexes, Number.POSITIVE_INFINITY));
  }
  const plan = pending.map(({ version, name, commands }: PlannedMigration) => ({
    version,
    name,
    commands: commands.map((command) => told(command, counts)),
  }));
  out.result({ tenant: tenant.id, plan, mismatches, failed });
  if (pending.length === 0 && mismatches.length === 0) out.line(`${showId(tenant.id)}  up to date`);
  for (const one of mismatches) out.line(`${showId(tenant.id)}  would be refused: ${describeMismatch(one)}`);
  for (const { version, name, commands } of plan) {
    out.line(`${showId(tenant.id)}  ${version} ${name}`);
    for (const { action, what, source, rows } of commands) {
      const reads =
        action === "drop" ? "" : rows === null ? ", rows unknown" : `, ${count(rows)} rows of ${source}`;
      out.line(`  ${action} ${what}${reads}`);
    }
  }
  return pending.length;
}

function sourceOf(command: MigrationCommand): string[] {
  if (command.action === "execute") return command.source === undefined ? [] : [command.source];
  return command.action === "create" ? [command.definition.index.source] : [];
}

function told(command: MigrationCommand, counts: ReadonlyMap<string, RowCount>): PlannedCommand {
  const [source = null] = sourceOf(command);
  const rows = source === null ? null : (counts.get(source)?.rows ?? null);
  if (command.action === "execute") {
    return { action: "execute", what: command.name ?? "a step that changes data", source, rows };
  }
  const { kind, name, fields, unique } = command.definition.index;
  const on = fields.length === 0 ? "" : ` on ${fields.join(", ")}`;
  return { action: command.action, what: `${unique ? "unique " : ""}${kind} ${name}${on}`, source, rows };
}
