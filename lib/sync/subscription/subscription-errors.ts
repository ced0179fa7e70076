/** The errors of calls that a subscription refuses. */

import { SubscriptionClosedError } from "../../errors.js";

export function closedError(): SubscriptionClosedError {
  return new SubscriptionClosedError("The subscription is closed; subscribe again.");
}

export function unknownLabel(label: string, labels: readonly string[]): TypeError {
  return new TypeError(
    `The subscription has no label ${JSON.stringify(label)}; it has ${labels.join(", ") || "none"}. ` +
      `sub.add({ ${label}: … }) shows another one.`,
  );
}
