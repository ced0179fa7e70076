/** The options for slow readers: how much may wait for each, and what happens then. */

import { InvalidOptionsError } from "../../errors.js";
import { checkOptions } from "../call/index.js";

/** What happens to a reader that has used up its budget. */
export type OverflowPolicy = "conflate" | "reset" | "close";

/** What may wait for each reader before its overflow policy takes place. */
export interface Budget {
  /** Transitions that wait, at most. Default 64. */
  readonly transitions?: number;
  /** Bytes that they hold, estimated. Default 1 MiB. */
  readonly bytes?: number;
}

/**
 * How slow readers are treated: `"conflate"` turns what waits into one net change, `"reset"` into a snapshot with the
 * reason `overflow`, `"close"` ends that reader with SubscriptionOverflowError.
 */
export interface Delivery {
  /** What happens to a reader that has used up its budget. Default `"conflate"`. */
  readonly onOverflow?: OverflowPolicy;
  /** What may wait for each reader. Default 64 transitions, 1 MiB. */
  readonly budget?: Budget;
}

export interface BufferRules {
  readonly policy: OverflowPolicy;
  readonly transitions: number;
  readonly bytes: number;
}

const policies: readonly OverflowPolicy[] = ["conflate", "reset", "close"];
const defaults: BufferRules = Object.freeze({ policy: "conflate", transitions: 64, bytes: 1 << 20 });

/** @throws InvalidOptionsError for a policy or a budget that does not exist */
export function bufferRules(delivery: OverflowPolicy | Delivery | undefined): BufferRules {
  if (delivery === undefined) return defaults;
  if (typeof delivery !== "string") {
    checkOptions("delivery", delivery, ["onOverflow", "budget"]);
    if (delivery.budget !== undefined)
      checkOptions("delivery.budget", delivery.budget, ["transitions", "bytes"]);
  }
  const { onOverflow: policy = "conflate", budget = {} } =
    typeof delivery === "string" ? { onOverflow: delivery } : delivery;
  if (!policies.includes(policy)) {
    throw new InvalidOptionsError(
      `There is no delivery policy ${JSON.stringify(policy)}; there are ${policies.join(", ")}.`,
    );
  }
  const { transitions = defaults.transitions, bytes = defaults.bytes } = budget;
  for (const [name, value] of Object.entries({ transitions, bytes })) {
    if (!(value >= 1))
      throw new InvalidOptionsError(
        `delivery.budget.${name} is a number of at least 1, not ${String(value)}.`,
      );
  }
  return { policy, transitions, bytes };
}
