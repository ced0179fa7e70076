/** The errors of calls that a subscription refuses. */

import { InvalidOptionsError, SubscriptionClosedError, UnknownEventError } from "../../errors.js";

/** @param reason why it has ended, when it was not closed */
export function closedError(reason?: unknown): SubscriptionClosedError {
  return reason === undefined
    ? new SubscriptionClosedError("The subscription is closed; subscribe again.")
    : new SubscriptionClosedError(
        `The subscription has ended with an error (${messageOf(reason)}), its cause; subscribe again.`,
        { cause: reason },
      );
}

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));

/** What ended a subscription, as an error: a function can also throw nothing at all. */
export const reasonOf = (thrown: unknown): unknown =>
  thrown ?? new Error(`A function of the application has thrown ${String(thrown)}.`);

export function unknownLabel(label: string, labels: readonly string[]): InvalidOptionsError {
  return new InvalidOptionsError(
    `The subscription has no label ${JSON.stringify(label)}; it has ${labels.join(", ") || "none"}. ` +
      `sub.add({ ${label}: … }) shows another one.`,
  );
}

const events = ["transition", "change", "status", "error", "close"];
const ofLabel = "change:";

/** @throws UnknownEventError for an event that will never come */
export function checkEvent(event: unknown, labels: readonly string[]): void {
  if (events.includes(event as string)) return;
  const label =
    typeof event === "string" && event.startsWith(ofLabel) ? event.slice(ofLabel.length) : undefined;
  if (label !== undefined && labels.includes(label)) return;
  const known = [...events, ...labels.map((name) => ofLabel + name)].map((name) => JSON.stringify(name));
  throw new UnknownEventError(
    `A subscription has no event ${JSON.stringify(event) ?? String(event)}; it has ${known.join(", ")}.` +
      (label === undefined ? "" : ` Show the label before: await sub.add({ ${label}: … }).`),
  );
}
