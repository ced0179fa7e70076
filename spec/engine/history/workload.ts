import type { Engine, Transaction } from "../../../lib/engine/index.js";
import { EngineError, firstGreaterOrEqual, transact } from "../../../lib/engine/index.js";

/** What one committed transaction read and wrote: register name -> the id of the transaction that wrote it. */
export interface Entry {
  readonly id: number;
  /** Commit version; of a transaction that wrote nothing, its read version and a half. */
  readonly version: number;
  /** The highest commit version acknowledged to anybody before it began. */
  readonly after: number;
  readonly reads: ReadonlyMap<string, number>;
  /** Range reads: every row found, so that a missing row (a phantom) shows. */
  readonly ranges: readonly RangeObservation[];
  readonly writes: ReadonlySet<string>;
  readonly deletes: ReadonlySet<string>;
}

export interface RangeObservation {
  readonly begin: string;
  readonly end: string;
  readonly rows: ReadonlyMap<string, number>;
}

export interface WorkloadOptions {
  readonly transactions: number;
  readonly concurrency: number;
  readonly registers: number;
  readonly random: () => number;
  /** The read-modify-write pairs that give write skew, beside mixed transactions. */
  readonly kind: "skew" | "mixed" | "phantom";
}

const keyOf = (name: string): Buffer => Buffer.from(name);
const idOf = (value: Uint8Array | undefined): number =>
  value === undefined ? 0 : Number(Buffer.from(value));

/** Runs random transactions concurrently and records what each committed one saw and wrote. */
export async function runWorkload(engine: Engine, options: WorkloadOptions): Promise<Entry[]> {
  const history: Entry[] = [];
  let next = 1;
  let acknowledged = 0;
  const worker = async (): Promise<void> => {
    while (next <= options.transactions) {
      const id = next++;
      let draft = newDraft();
      let tx: Transaction | undefined;
      let after = 0;
      let readVersion = 0;
      try {
        await transact(engine, async (t) => {
          tx = t;
          draft = newDraft();
          after = acknowledged;
          await body(t, id, draft, options);
          readVersion = Number(await t.getReadVersion());
        });
      } catch (error) {
        if (error instanceof EngineError) continue;
        throw error;
      }
      const committed = Number(tx!.getCommittedVersion());
      acknowledged = Math.max(acknowledged, committed);
      history.push({ id, version: committed > 0 ? committed : readVersion + 0.5, after, ...draft });
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  return history;
}

const newDraft = () => ({
  reads: new Map<string, number>(),
  ranges: [] as RangeObservation[],
  writes: new Set<string>(),
  deletes: new Set<string>(),
});
type Draft = ReturnType<typeof newDraft>;

const pause = (random: () => number): Promise<void> =>
  random() < 0.3 ? new Promise((resolve) => setImmediate(resolve)) : Promise.resolve();

async function body(tx: Transaction, id: number, draft: Draft, options: WorkloadOptions): Promise<void> {
  const { random, registers, kind } = options;
  const register = (): string => `r${String(Math.floor(random() * registers)).padStart(3, "0")}`;
  const write = (name: string): void => {
    tx.set(keyOf(name), Buffer.from(String(id)));
    draft.writes.add(name);
    draft.deletes.delete(name);
  };
  const read = async (name: string): Promise<void> => {
    const seen = idOf(await tx.get(keyOf(name)));
    if (!draft.writes.has(name) && !draft.deletes.has(name)) draft.reads.set(name, seen);
  };
  const scan = async (): Promise<void> => {
    const [a, b] = [register(), register()].sort() as [string, string];
    const limit = random() < 0.5 ? 1 + Math.floor(random() * 3) : 0;
    const reverse = random() < 0.5;
    const { rows, more } = await tx.getRange(firstGreaterOrEqual(keyOf(a)), firstGreaterOrEqual(keyOf(b)), {
      limit,
      reverse,
    });
    if (draft.writes.size + draft.deletes.size > 0) return;
    const found = new Map(rows.map(([key, value]) => [Buffer.from(key).toString(), idOf(value)]));
    const last = rows.at(-1) === undefined ? undefined : Buffer.from(rows.at(-1)![0]).toString();
    // A limited read says nothing of what lies behind its last row.
    const begin = more && reverse && last !== undefined ? last : a;
    const end = more && !reverse && last !== undefined ? `${last}\0` : b;
    draft.ranges.push({ begin, end, rows: found });
  };
  if (kind === "skew") {
    const [a, b] = [register(), register()];
    await read(a);
    await pause(random);
    write(b);
    return;
  }
  if (kind === "phantom") {
    await scan();
    await pause(random);
    if (random() < 0.7) write(register());
    else remove(register());
    return;
  }
  function remove(name: string): void {
    tx.clear(keyOf(name));
    draft.deletes.add(name);
    draft.writes.delete(name);
  }
  for (let i = 1 + Math.floor(random() * 4); i > 0; i--) {
    const choice = random();
    if (choice < 0.45) await read(register());
    else if (choice < 0.65) await scan();
    else if (choice < 0.9) write(register());
    else remove(register());
    await pause(random);
  }
}
