/** The key by which a transaction with `exactlyOnce` recognises its own commit.
 *
 * Its value is the commit's versionstamp. The key is cleared by a later `exactlyOnce` transaction of the process,
 * when nobody can ask for it any more.
 */

import { randomBytes } from "node:crypto";
import { MutationType } from "../../engine/index.js";
import { space, type Tenant } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import type { RepoCore } from "./core.js";
import type { Session } from "./session.js";

const operand: Uint8Array = Buffer.alloc(14);
/** Keys of finished transactions that one transaction clears at most. */
const CLEARED_AT_ONCE = 100;

export class IdempotencyKey<T> {
  readonly #key: Uint8Array;
  #value: T | undefined;
  #cleared: readonly Uint8Array[] = [];

  constructor(
    private readonly core: RepoCore,
    private readonly tenant: Tenant,
  ) {
    this.#key = pack([space.meta, "once", randomBytes(16)], tenant.prefix);
  }

  /** What the attempt whose commit got lost had returned, and its versionstamp; `undefined` when it never happened. */
  async applied(
    session: Session,
  ): Promise<{ readonly value: T; readonly versionstamp: Uint8Array } | undefined> {
    const stamp = await session.layer.tx.get(this.#key);
    return stamp === undefined ? undefined : { value: this.#value as T, versionstamp: stamp };
  }

  /** Makes the key part of the attempt and clears keys of transactions that are done. */
  write(session: Session, value: T): void {
    this.#value = value;
    const { tx } = session.layer;
    tx.atomic(MutationType.setVersionstampedValue, this.#key, operand);
    this.#cleared = this.core.spent.get(this.tenant)?.slice(0, CLEARED_AT_ONCE) ?? [];
    for (const key of this.#cleared) tx.clear(key);
  }

  /** The outcome is known: the key has served. */
  spend(): void {
    const spent = this.core.spent.get(this.tenant) ?? [];
    // Another one may have cleared the same meanwhile.
    const cleared = new Set(this.#cleared);
    this.core.spent.set(this.tenant, [...spent.filter((key) => !cleared.has(key)), this.#key]);
  }
}
