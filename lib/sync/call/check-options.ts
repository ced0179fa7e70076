/** Refuses options that a call of Sync does not know, and values that are no tenant. */

import { IncorrectTenancyError, InvalidOptionsError } from "../../errors.js";
import { showValue } from "../../schema/index.js";

/**
 * @param call how messages call it
 * @throws InvalidOptionsError for what is no object, and for a key that is none of `known`
 */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new InvalidOptionsError(`The options of ${call} are an object, not ${showValue(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new InvalidOptionsError(`${call} has no option "${name}"; it takes ${known.join(", ") || "none"}.`);
  }
}

/** @throws InvalidOptionsError for what cannot be listened to */
export function checkSignal(call: string, signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>;
  if (typeof aborted === "boolean" && typeof addEventListener === "function") return;
  throw new InvalidOptionsError(
    `The signal of ${call} is an AbortSignal, not ${showValue(signal)}: pass the signal of a controller.`,
  );
}

/** @throws IncorrectTenancyError for what is no handle of a tenant */
export function checkTenantHandle(call: string, tenant: unknown): void {
  const { prefix, incarnation } = Object(tenant) as { prefix?: unknown; incarnation?: unknown };
  if (prefix instanceof Uint8Array && incarnation instanceof Uint8Array) return;
  const given = tenant instanceof Promise ? "a promise that was not awaited" : showValue(tenant);
  throw new IncorrectTenancyError(
    `${call} takes a tenant's handle first, not ${given}: ${call}(await Tenant.openOrCreate(repo, id), …).`,
  );
}
