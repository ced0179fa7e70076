/** The version key of a tenant: which life of the tenant this is, and when its metadata changed last. */

import type { Transaction } from "../engine/index.js";
import { MutationType } from "../engine/index.js";
import { TenantGoneError } from "../errors.js";
import { type CopyState, decodeCopyState, encodeCopyState } from "./copy-state.js";
import { versionKey } from "./keys.js";
import { bumpMetadataVersion } from "./metadata-version.js";
import { STAMP_BYTES } from "./write-stamp.js";

const INCARNATION_BYTES = 16;
const NONE = new Uint8Array();
const STATE_AT = INCARNATION_BYTES + STAMP_BYTES;

export interface TenantVersion {
  /** 16 random bytes, written once when the tenant is created. */
  readonly incarnation: Uint8Array;
  /** Versionstamp of the last change of the tenant's metadata. */
  readonly stamp: Uint8Array;
  /** What a copy into another store has done with the tenant; undefined otherwise. */
  readonly copied: CopyState | undefined;
}

/** The value of the version key; undefined when it is absent or no version. */
export function parseTenantVersion(value: Uint8Array | undefined): TenantVersion | undefined {
  if (value === undefined || value.length < STATE_AT) return undefined;
  return {
    incarnation: value.slice(0, INCARNATION_BYTES),
    stamp: value.slice(INCARNATION_BYTES, STATE_AT),
    copied: decodeCopyState(value.subarray(STATE_AT)),
  };
}

/** Writes the version key of a tenant; the commit fills in the stamp. */
export function writeTenantVersion(
  tx: Transaction,
  prefix: Uint8Array,
  incarnation: Uint8Array,
  copied?: CopyState,
): void {
  const state = copied === undefined ? NONE : encodeCopyState(copied);
  const operand = Buffer.alloc(STATE_AT + state.length + 4);
  operand.set(incarnation);
  operand.set(state, STATE_AT);
  operand.writeUInt32LE(INCARNATION_BYTES, STATE_AT + state.length);
  tx.atomic(MutationType.setVersionstampedValue, versionKey(prefix), operand);
}

/**
 * Notes that a copy has stopped or moved the tenant, or with `undefined` that its writers go on; whoever has opened it
 * finds out in the next transaction.
 */
export function noteCopyState(
  tx: Transaction,
  tenant: { readonly prefix: Uint8Array; readonly incarnation: Uint8Array },
  copied: CopyState | undefined,
): void {
  writeTenantVersion(tx, tenant.prefix, tenant.incarnation, copied);
  bumpMetadataVersion(tx);
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
