import type { Transaction } from "../engine/index.js";
import { MutationType } from "../engine/index.js";
import { TenantGoneError } from "../errors.js";
import { versionKey } from "./keys.js";

const INCARNATION_BYTES = 16;
const STAMP_BYTES = 10;

/** FoundationDB delivers its value with every read version, so reading it costs nothing. */
export const metadataVersionKey: Uint8Array = Buffer.from("\xff/metadataVersion", "latin1");

/** Ten bytes for the versionstamp, at the position (four bytes, little endian) behind them. */
const stampAtStart = Buffer.alloc(STAMP_BYTES + 4);

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

/** Writes the commit's versionstamp (10 bytes) as the whole value of `key`. */
export function writeStamp(tx: Transaction, key: Uint8Array): void {
  tx.atomic(MutationType.setVersionstampedValue, key, stampAtStart);
}

/** Makes every process check what it has cached about any tenant of the store. */
export function bumpMetadataVersion(tx: Transaction): void {
  writeStamp(tx, metadataVersionKey);
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
