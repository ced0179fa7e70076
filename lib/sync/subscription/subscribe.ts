import type { Tenant } from "../../tenant/index.js";
import type { SyncHub } from "../hub/index.js";
import type { Queries, SyncCursor, VersionedTransition } from "../live/index.js";
import { type Allow, type AnyLive, partsOf } from "../live/index.js";
import { guarded } from "../queries/index.js";
import type { Budget, BufferRules, OverflowPolicy } from "./buffer.js";
import { LiveSubscription } from "./live-subscription.js";
import { Resume } from "./resume.js";

export interface Delivery {
  /** What happens to a reader that has used up its budget. Default `"conflate"`. */
  readonly onOverflow?: OverflowPolicy;
  /** What may wait for each reader. */
  readonly budget?: Budget;
}

export interface SubscribeOptions {
  /** Closes the subscription. */
  readonly signal?: AbortSignal;
  /** The cursor of the last transition that was handled: the first one says what happened since. */
  readonly resume?: SyncCursor | string;
  /** Who may see what: rows that are not allowed are not shown, in any label. */
  readonly authorize?: Authorize;
  /** How slow readers are treated. */
  readonly delivery?: OverflowPolicy | Delivery;
}

export interface Authorize {
  /** Judges each row before it is shown; counts and signals have none, so put the condition into their query. */
  readonly row: Allow;
  /** What the rights depend on: when it changes, all rows are judged anew and leave or enter in the same transition. */
  readonly watch?: AnyLive;
}

const policies: readonly OverflowPolicy[] = ["conflate", "reset", "close"];
const defaults: BufferRules = Object.freeze({ policy: "conflate", transitions: 64, bytes: 1 << 20 });

/** @throws TypeError for a policy or a budget that does not exist */
export function bufferRules(delivery: SubscribeOptions["delivery"]): BufferRules {
  if (delivery === undefined) return defaults;
  const { onOverflow: policy = "conflate", budget = {} } =
    typeof delivery === "string" ? { onOverflow: delivery } : delivery;
  if (!policies.includes(policy)) {
    throw new TypeError(
      `There is no delivery policy ${JSON.stringify(policy)}; there are ${policies.join(", ")}.`,
    );
  }
  const { transitions = defaults.transitions, bytes = defaults.bytes } = budget;
  for (const [name, value] of Object.entries({ transitions, bytes })) {
    if (!(value >= 1))
      throw new TypeError(`delivery.budget.${name} is a number of at least 1, not ${String(value)}.`);
  }
  return { policy, transitions, bytes };
}

/** Every label, as the rights let it be seen. */
export function guardAll(queries: Queries, { row, watch }: Authorize): Queries {
  return Object.fromEntries(
    Object.entries(queries).map(([label, live]) => [label, guarded(live, label, row, watch)]),
  );
}

/** Closes with the signal; a subscription that ends before lets go of it. */
function closeOn(signal: AbortSignal, subscription: LiveSubscription): void {
  // Not { signal: … }, which Node forgets in a garbage collection (nodejs/node#63954).
  const close = () => void subscription.close();
  signal.addEventListener("abort", close, { once: true });
  subscription.on("close", () => signal.removeEventListener("abort", close));
}

/** A snapshot; after a cursor, what was missed since, or how far nothing was. */
function firstTransition(subscription: LiveSubscription, resume: Resume | undefined): VersionedTransition {
  const outcome = resume?.outcome(subscription.views());
  if (outcome === undefined) return subscription.snapshot("initial");
  if ("reason" in outcome) return subscription.snapshot(outcome.reason);
  return outcome.change ?? subscription.complete();
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
  const { signal } = options;
  signal?.throwIfAborted();
  const rules = bufferRules(options.delivery);
  let shown = queries;
  for (const live of Object.values(queries)) partsOf(live);
  const { authorize } = options;
  if (authorize !== undefined) shown = guardAll(shown, authorize);
  const resume = options.resume === undefined ? undefined : new Resume(options.resume);
  const subscription = new LiveSubscription(hub.tenant(tenant), rules, onClose, authorize);
  opened(subscription);
  if (signal !== undefined) closeOn(signal, subscription);
  try {
    await subscription.begin({ ...shown }, resume?.inside, () => firstTransition(subscription, resume));
  } catch (error) {
    await subscription.close();
    signal?.throwIfAborted();
    throw error;
  }
  return subscription;
}
