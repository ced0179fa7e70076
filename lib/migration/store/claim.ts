/** The claim by which one worker at a time migrates a tenant, and by which others see its progress. */

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Transaction } from "../../engine/index.js";
import { decodeMeta, encodeMeta, metaKeys } from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";

/** Who is migrating a tenant, and how far; every step writes it anew. */
export interface Claim {
  readonly owner: string;
  readonly host: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Counts the steps, so that a living owner's claim keeps changing. */
  readonly beat: number;
  /** The migration at work, and the source whose records it reads. */
  readonly version: number | null;
  readonly source: string | null;
  /** Records and bytes that were read for it. */
  readonly rows: number;
  readonly bytes: number;
  /** An estimate of the bytes there are. */
  readonly totalBytes: number;
}

export function newClaim(): Claim {
  return {
    owner: randomUUID(),
    host: hostname(),
    pid: process.pid,
    startedAt: Date.now(),
    beat: 0,
    version: null,
    source: null,
    rows: 0,
    bytes: 0,
    totalBytes: 0,
  };
}

export function decodeClaim(bytes: Uint8Array): Claim {
  return decodeMeta(bytes) as unknown as Claim;
}

/** @param key of the claim; default: that of migrating the tenant */
export function writeClaim(
  tx: Transaction,
  tenant: Tenant,
  claim: Claim,
  key = metaKeys.claim(tenant),
): void {
  tx.set(key, encodeMeta(claim as unknown as StoredValue));
}

/** The claim on a tenant, if somebody is migrating it. */
export async function readClaim(
  tx: Transaction,
  tenant: Tenant,
  key = metaKeys.claim(tenant),
): Promise<Claim | undefined> {
  const bytes = await tx.get(key);
  return bytes === undefined ? undefined : decodeClaim(bytes);
}

/** Another worker has taken over: this one must stop. */
export class ClaimLost extends Error {}

/** Makes the transaction depend on holding the claim, and renews it. */
export async function renewClaim(
  tx: Transaction,
  tenant: Tenant,
  claim: Claim,
  key = metaKeys.claim(tenant),
): Promise<void> {
  const held = await readClaim(tx, tenant, key);
  if (held?.owner !== claim.owner) throw new ClaimLost();
  writeClaim(tx, tenant, claim, key);
}
