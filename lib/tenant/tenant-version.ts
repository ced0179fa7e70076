/** The version key of a tenant: which life of the tenant this is, and when its metadata changed last. */

import type { Transaction } from "../engine/index.js";
import { MutationType } from "../engine/index.js";
import { TenantGoneError } from "../errors.js";
import { versionKey } from "./keys.js";
import { bumpMetadataVersion } from "./metadata-version.js";
import { STAMP_BYTES } from "./write-stamp.js";

const INCARNATION_BYTES = 16;

export interface TenantVersion {
  /** 16 random bytes, written once when the tenant is created. */
  readonly incarnation: Uint8Array;
  /** Versionstamp of the last change of the tenant's metadata. */
  readonly stamp: Uint8Array;
}

/** The value of the version key; undefined when it is absent or no version. */
export function parseTenantVersion(value: Uint8Array | undefined): TenantVersion | undefined {
  if (value === undefined || value.length !== INCARNATION_BYTES + STAMP_BYTES) return undefined;
  return { incarnation: value.slice(0, INCARNATION_BYTES), stamp: value.slice(INCARNATION_BYTES) };
}

/** Writes the version key of a tenant; the commit fills in the stamp. */
export function writeTenantVersion(tx: Transaction, prefix: Uint8Array, incarnation: Uint8Array): void {
  const operand = Buffer.alloc(INCARNATION_BYTES + STAMP_BYTES + 4);
  operand.set(incarnation);
  operand.writeUInt32LE(INCARNATION_BYTES, INCARNATION_BYTES + STAMP_BYTES);
  tx.atomic(MutationType.setVersionstampedValue, versionKey(prefix), operand);
}

/** To be called in every transaction that changes a tenant's index registrations or their states. */
export function bumpTenantVersion(
  tx: Transaction,
  tenant: { readonly prefix: Uint8Array; readonly incarnation: Uint8Array },
): void {
  writeTenantVersion(tx, tenant.prefix, tenant.incarnation);
  bumpMetadataVersion(tx);
}

/** What to throw when the version key no longer holds the incarnation of a handle. */
export function tenantGone(id: string): TenantGoneError {
  return new TenantGoneError(
    `The tenant ${JSON.stringify(id)} was deleted since this handle was opened. A tenant created anew under the ` +
      `same id is another one; open it: await Tenant.open(repo, ${JSON.stringify(id)}).`,
  );
}
