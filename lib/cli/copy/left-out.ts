/** The keys of a tenant that are about the place where it lies, and stay behind when it is copied. */

import { equalBytes } from "../../engine/index.js";
import { metaKeys } from "../../layer/index.js";
import { importKey, type Tenant, versionKey } from "../../tenant/index.js";

/** The tenant's identity, who migrates it, and what is known of an import: relative to the prefix. */
export function leftOut(tenant: Tenant): readonly Uint8Array[] {
  return [versionKey(tenant.prefix), importKey(tenant.prefix), metaKeys.claim(tenant)].map((key) =>
    key.subarray(tenant.prefix.length),
  );
}

export const isLeftOut = (relative: Uint8Array, keys: readonly Uint8Array[]): boolean =>
  keys.some((key) => equalBytes(key, relative));
