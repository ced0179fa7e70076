/** Checks the ids of tenants. */

import { InvalidTenantIdError } from "../errors.js";

/** In bytes of UTF-8. */
const MAX_BYTES = 1_000;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Ids are compared byte for byte: `"é"` in one code point and in two are two tenants.
 *
 * @throws InvalidTenantIdError
 */
export function checkTenantId(id: unknown): asserts id is string {
  if (typeof id !== "string" || id === "") {
    throw new InvalidTenantIdError(
      `A tenant id is a string that is not empty, not ${id === "" ? '""' : typeof id}; ` +
        'for example Tenant.open(repo, "acme").',
    );
  }
  if (loneSurrogate.test(id)) {
    throw new InvalidTenantIdError(
      `The tenant id ${JSON.stringify(id.slice(0, 40))} holds a lone surrogate and has no UTF-8 form; ` +
        "id.toWellFormed() replaces it.",
    );
  }
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_BYTES) {
    throw new InvalidTenantIdError(
      `A tenant id has ${MAX_BYTES} bytes of UTF-8 at most; ${JSON.stringify(id.slice(0, 40))}… has ${bytes}. ` +
        "Use a hash of it as the id.",
    );
  }
}
