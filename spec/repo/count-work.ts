import type { Engine, Transaction } from "../../lib/engine/index.js";

/** What one operation asked of the engine. */
export interface Work {
  pointReads: number;
  rangeReads: number;
  /** Keys that range reads returned. */
  keys: number;
  writes: number;
  rangeClears: number;
  /** Times that reads went out while none was under way: what a distance to the store is multiplied by. */
  trips: number;
  commits: number;
}

const METADATA_VERSION = "\xff/metadataVersion";
const isFree = (key: Uint8Array) => Buffer.from(key).toString("latin1") === METADATA_VERSION;

/** An engine that counts; `measure` gives the work of one operation, all of its transactions together. */
export function countWork(engine: Engine): {
  engine: Engine;
  measure(run: () => Promise<unknown>): Promise<Work>;
} {
  let work = none();
  let flying = 0;
  const read = async <T>(request: Promise<T>): Promise<T> => {
    if (flying++ === 0) work.trips++;
    try {
      return await request;
    } finally {
      flying--;
    }
  };
  const wrap = (tx: Transaction): Transaction => {
    let wrote = false;
    const write = (at: "writes" | "rangeClears") => {
      wrote = true;
      work[at]++;
    };
    const counted: Partial<Transaction> = {
      get(key, snapshot) {
        if (isFree(key)) return tx.get(key, snapshot);
        work.pointReads++;
        return read(tx.get(key, snapshot));
      },
      async getRange(begin, end, options) {
        work.rangeReads++;
        const batch = await read(tx.getRange(begin, end, options));
        work.keys += batch.rows.length;
        return batch;
      },
      set(key, value) {
        write("writes");
        tx.set(key, value);
      },
      clear(key) {
        write("writes");
        tx.clear(key);
      },
      clearRange(begin, end) {
        write("rangeClears");
        tx.clearRange(begin, end);
      },
      atomic(type, key, operand) {
        write("writes");
        tx.atomic(type, key, operand);
      },
      commit() {
        if (wrote) work.commits++;
        return tx.commit();
      },
    };
    return new Proxy(tx, {
      get(target, name) {
        const own = counted[name as keyof Transaction];
        if (own !== undefined) return own;
        const value = target[name as keyof Transaction] as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  return {
    engine: {
      kind: engine.kind,
      url: engine.url,
      begin: (options) => wrap(engine.begin(options)),
      close: () => engine.close(),
    },
    async measure(run) {
      work = none();
      await run();
      return work;
    },
  };
}

const none = (): Work => ({
  pointReads: 0,
  rangeReads: 0,
  keys: 0,
  writes: 0,
  rangeClears: 0,
  trips: 0,
  commits: 0,
});
