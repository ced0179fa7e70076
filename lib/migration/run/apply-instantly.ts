/** Applies in one transaction the pending migrations that need no records read. */

import { firstGreaterOrEqual, type Transaction } from "../../engine/index.js";
import {
  type FailedBuild,
  type LayerContext,
  metaKeys,
  sourceKeys,
  verifyTenant,
} from "../../layer/index.js";
import { bumpTenantVersion, type Tenant } from "../../tenant/index.js";
import type { IndexCommand, PlannedMigration } from "../define/index.js";
import { type CompareOptions, Registry, readPending, recordApplied } from "../store/index.js";

export interface InstantResult {
  /** What was applied, in this order. */
  readonly applied: readonly PlannedMigration[];
  /** What is left to do. */
  readonly left: readonly PlannedMigration[];
  /** Unique indexes that could not be built before. */
  readonly failed: readonly FailedBuild[];
}

/**
 * Applies, in this one transaction, every pending migration up to the first that has records to read: what
 * concerns empty sources is registered ready at once. A record inserted meanwhile conflicts, because the emptiness
 * was read. Does nothing while somebody else is migrating.
 */
export async function applyInstantly(
  ctx: LayerContext,
  plans: readonly PlannedMigration[],
  options: CompareOptions,
): Promise<InstantResult> {
  const { tx, tenant } = ctx;
  await verifyTenant(ctx);
  const { pending, failed } = await readPending(tx, tenant, plans, options);
  if (pending.length === 0) return { applied: [], left: [], failed };
  if ((await tx.get(metaKeys.claim(tenant))) !== undefined) return { applied: [], left: pending, failed };
  const [registry, empty] = await Promise.all([Registry.read(tx, tenant), emptySources(tx, tenant, pending)]);
  let done = 0;
  for (const plan of pending) {
    const hasFailed = failed.some(({ version }) => version === plan.version);
    const commands = plan.commands.filter((command) => command.action !== "execute");
    if (hasFailed || commands.length < plan.commands.length) break;
    if (!commands.every((command) => isInstant(command, registry, empty))) break;
    for (const command of commands) apply(command, registry);
    recordApplied(tx, tenant, plan);
    done++;
  }
  if (registry.changed) bumpTenantVersion(tx, tenant);
  return { applied: pending.slice(0, done), left: pending.slice(done), failed };
}

function isInstant(
  { action, definition }: IndexCommand,
  registry: Registry,
  empty: ReadonlySet<string>,
): boolean {
  const { index } = definition;
  if (empty.has(index.source)) return true;
  if (action === "drop") return registry.find(index) === undefined;
  return index.kind === "metadata" || registry.findSame(index)?.state === "readable";
}

function apply({ action, definition }: IndexCommand, registry: Registry): void {
  const { index } = definition;
  if (action === "drop") {
    if (registry.findDropped(index) !== undefined) registry.remove(index);
  } else if (registry.findSame(index)?.state !== "readable") registry.put({ ...index, state: "readable" });
}

async function emptySources(
  tx: Transaction,
  tenant: Tenant,
  plans: readonly PlannedMigration[],
): Promise<ReadonlySet<string>> {
  const sources = new Set(
    plans.flatMap(({ commands }) =>
      commands.flatMap((one) => (one.action === "execute" ? [] : [one.definition.index.source])),
    ),
  );
  const empty = new Set<string>();
  await Promise.all(
    [...sources].map(async (source) => {
      const { begin, end } = sourceKeys(tenant, source).dataRange;
      const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), { limit: 1 });
      if (batch.rows.length === 0) empty.add(source);
    }),
  );
  return empty;
}
