/** How far an unfinished migration has come: its stages, and the batches of a step that changes data. */

import type { Transaction } from "../../engine/index.js";
import { decodeMeta, encodeMeta, metaKeys } from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { StepCursor } from "../define/index.js";

/** The number of stages that are done. */
export async function readStage(tx: Transaction, tenant: Tenant, version: number): Promise<number> {
  const bytes = await tx.get(metaKeys.stage(tenant, version));
  if (bytes === undefined) return 0;
  return bytes.length === 1 ? (bytes[0] as number) : Buffer.from(bytes).readUInt32BE(0);
}

/** One byte as long as it does, else four. */
export function writeStage(tx: Transaction, tenant: Tenant, version: number, done: number): void {
  const bytes = Buffer.alloc(done < 256 ? 1 : 4);
  bytes.writeUIntBE(done, 0, bytes.length);
  tx.set(metaKeys.stage(tenant, version), bytes);
  tx.clear(metaKeys.step(tenant, version));
}

/** Where a step that changes data stands. */
export interface StepProgress {
  readonly batches: number;
  /** Records that its batches have written. */
  readonly rows: number;
  /** What the next batch gets; null before the first. */
  readonly cursor: StepCursor;
}

const begun: StepProgress = Object.freeze({ batches: 0, rows: 0, cursor: null });

export async function readStep(tx: Transaction, tenant: Tenant, version: number): Promise<StepProgress> {
  const bytes = await tx.get(metaKeys.step(tenant, version));
  return bytes === undefined ? begun : (decodeMeta(bytes) as unknown as StepProgress);
}

export function writeStep(tx: Transaction, tenant: Tenant, version: number, progress: StepProgress): void {
  tx.set(metaKeys.step(tenant, version), encodeMeta(progress as unknown as StoredValue));
}

export function clearProgress(tx: Transaction, tenant: Tenant, version: number): void {
  tx.clear(metaKeys.stage(tenant, version));
  tx.clear(metaKeys.step(tenant, version));
}
