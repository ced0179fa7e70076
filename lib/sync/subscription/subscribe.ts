/** Opens a subscription: checks its options, and begins with a snapshot or with what was missed. */

import type { Tenant } from "../../tenant/index.js";
import { checkOptions, checkQueries, checkSignal, checkTenantHandle, onAbort } from "../call/index.js";
import type { SyncHub } from "../hub/index.js";
import type { Queries, SyncCursor } from "../live/index.js";
import { openSyncCursor } from "../shape/index.js";
import { type Authorize, guardAll, rightsOf } from "./authorize.js";
import { bufferRules, type Delivery, type OverflowPolicy } from "./delivery.js";
import { LiveSubscription } from "./live-subscription.js";

/** Options of `sync.subscribe`. */
export interface SubscribeOptions {
  /** Closes the subscription. Default: none, `close` does. */
  readonly signal?: AbortSignal;
  /**
   * The cursor of the last transition that was handled: the first one says what happened since. Default: none, it begins
   * with a snapshot.
   */
  readonly resume?: SyncCursor | string;
  /** Who may see what: rows that are not allowed are not shown, in any label. Default: everything is shown. */
  readonly authorize?: Authorize;
  /** How slow readers are treated. Default `"conflate"`, with 64 transitions or 1 MiB that may wait. */
  readonly delivery?: OverflowPolicy | Delivery;
}

const known = ["signal", "resume", "authorize", "delivery"];

/** Closes with the signal; a subscription that ends before lets go of it. */
function closeOn(signal: AbortSignal, subscription: LiveSubscription): void {
  subscription.on(
    "close",
    onAbort(signal, () => void subscription.close()),
  );
}

/** Opens a subscription; it shows every label at one version when the promise resolves. */
export async function subscribe(
  hub: SyncHub,
  tenant: Tenant,
  queries: Queries,
  options: SubscribeOptions,
  opened: (subscription: LiveSubscription) => void,
  onClose: (subscription: LiveSubscription) => void,
): Promise<LiveSubscription> {
  checkTenantHandle("sync.subscribe", tenant);
  checkQueries("sync.subscribe", queries);
  checkOptions("sync.subscribe", options, known);
  const { signal } = options;
  checkSignal("sync.subscribe", signal);
  signal?.throwIfAborted();
  const rules = bufferRules(options.delivery);
  let shown = queries;
  const rights = options.authorize === undefined ? undefined : rightsOf(options.authorize);
  if (rights !== undefined) shown = guardAll(rights, shown);
  await hub.keys.ready();
  const cursor =
    options.resume === undefined ? undefined : await openSyncCursor(hub.keys, tenant, options.resume);
  signal?.throwIfAborted();
  const subscription = new LiveSubscription(hub.tenant(tenant), rules, onClose, rights);
  opened(subscription);
  if (signal !== undefined) closeOn(signal, subscription);
  try {
    await subscription.begin({ ...shown }, cursor);
  } catch (error) {
    await subscription.close();
    signal?.throwIfAborted();
    throw error;
  }
  return subscription;
}
