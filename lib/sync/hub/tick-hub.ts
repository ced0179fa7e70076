/** The contract of a tenant's hub towards its ticks: the state that a tick reads and, once committed, moves. */

import type { LayerContext } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { Feed, LiveNode, NodeHub } from "../node/index.js";
import type { Shapes } from "../shape/index.js";
import type { HubStates } from "./hub-states.js";
import type { TenantWatch } from "./tenant-watch.js";

/** Runs `body` in a read transaction of a tenant, and again when that has to be retried. */
export type RunTransaction = <T>(tenant: Tenant, body: (ctx: LayerContext) => Promise<T>) => Promise<T>;

export interface HubStats {
  /** Read transactions. */
  ticks: number;
  /** Transitions that were told; one for all subscriptions with equal labels. */
  transitions: number;
}

export interface TickHub extends NodeHub {
  /** By identity. */
  readonly nodes: Map<string, LiveNode>;
  /** By id. */
  readonly feeds: Map<string, Feed>;
  readonly shapes: Shapes;
  readonly stats: HubStats;
  readonly states: HubStates;
  readonly tenantWatch: TenantWatch;
  /** Removes a node without users. */
  reap(node: LiveNode): void;
}
