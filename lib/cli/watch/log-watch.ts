/** Reads the change logs of some tenants again and again, and counts what was added in between. */

import { type Engine, transact } from "../../engine/index.js";
import { logTail, metaKeys, readIndexes, readLog, sourceKeys, trimmedThrough } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";

/** Entries that are counted for one refresh. */
const LIMIT = 10_000;

/** The change log of one source at one moment. */
export interface LogState {
  readonly tenant: string;
  readonly source: string;
  /** Version of the newest change; 0 when the log holds none. */
  readonly head: bigint;
  /** The log holds nothing up to this version. */
  readonly trimmed: bigint;
  readonly readVersion: bigint;
  /** An estimate. */
  readonly bytes: number;
  /** Changes since the refresh before, by operation; `more` when there were over 10,000. */
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  readonly more: boolean;
}

export class LogWatch {
  readonly #seen = new Map<string, bigint>();

  constructor(
    private readonly engine: Engine,
    private readonly tenants: readonly Tenant[],
  ) {}

  async read(signal: AbortSignal): Promise<LogState[]> {
    const states: LogState[] = [];
    for (const tenant of this.tenants) {
      const indexes = await transact(
        this.engine,
        (tx) => readIndexes(tx, tenant, metaKeys.allIndexes(tenant)),
        { signal },
      );
      const logged = indexes.filter((index) => index.kind === "metadata" && index.state !== "deleteOnly");
      for (const source of new Set(logged.map((index) => index.source))) {
        states.push(await this.#readOne(tenant, source, signal));
      }
    }
    return states;
  }

  async #readOne(tenant: Tenant, source: string, signal: AbortSignal): Promise<LogState> {
    const id = JSON.stringify([tenant.id, source]);
    const after = this.#seen.get(id);
    const { logRange } = sourceKeys(tenant, source);
    const state = await transact(
      this.engine,
      async (tx): Promise<LogState> => {
        const readVersion = await tx.getReadVersion();
        const [tail, trimmed, size, added] = await Promise.all([
          logTail(tx, tenant, source),
          trimmedThrough(tx, tenant, source),
          tx.getEstimatedRangeSizeBytes(logRange.begin, logRange.end),
          after === undefined ? undefined : readLog(tx, tenant, source, { after, limit: LIMIT }),
        ]);
        const number = (op: string): number => (added?.entries ?? []).filter((one) => one.op === op).length;
        return {
          tenant: tenant.id,
          source,
          head: tail?.at.version ?? 0n,
          trimmed,
          readVersion,
          bytes: size,
          inserts: number("insert"),
          updates: number("update"),
          deletes: number("delete"),
          more: added?.complete === false,
        };
      },
      { signal },
    );
    this.#seen.set(id, state.readVersion);
    return state;
  }
}
