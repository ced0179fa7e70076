/** Reads how far the durable consumers of tenants have come, and shows them as a table. */

import { type Engine, transact } from "../../engine/index.js";
import { readConsumers } from "../../sync/index.js";
import type { Tenant } from "../../tenant/index.js";
import { showId, tableLines } from "../output/index.js";
import { ago } from "./ago.js";

/** Where one `sync.consume` stands. */
export interface ConsumerLook {
  readonly tenant: string;
  readonly name: string;
  /** Some process runs it: `stopped` when none does, `lost` when its owner has not been heard of in its lease. */
  readonly state: "running" | "stopped" | "lost";
  /** All commits up to this version are processed; 0 before the first batch. */
  readonly version: bigint;
  readonly readVersion: bigint;
}

/** The durable consumers of some tenants, as the store tells it. */
export async function lookAtConsumers(
  engine: Engine,
  tenants: readonly Tenant[],
  signal: AbortSignal,
): Promise<ConsumerLook[]> {
  const looks: ConsumerLook[] = [];
  for (const tenant of tenants) {
    const some = await transact(
      engine,
      async (tx) => {
        const readVersion = await tx.getReadVersion();
        return (await readConsumers(tx, tenant)).map(({ name, version, owner, untilMs }) => ({
          tenant: tenant.id,
          name,
          state:
            owner === undefined
              ? ("stopped" as const)
              : untilMs < Date.now()
                ? ("lost" as const)
                : ("running" as const),
          version,
          readVersion,
        }));
      },
      { signal },
    );
    looks.push(...some);
  }
  return looks;
}

/** The consumers as a table; nothing without any. */
export function consumerLines(looks: readonly ConsumerLook[]): string[] {
  if (looks.length === 0) return [];
  return [
    "",
    ...tableLines(
      [{ title: "tenant" }, { title: "consumer" }, { title: "state" }, { title: "processed up to" }],
      looks.map(({ tenant, name, state, version, readVersion }) => [
        showId(tenant),
        name,
        state,
        version === 0n ? "nothing yet" : `${ago(version, readVersion)} ago`,
      ]),
    ),
  ];
}
