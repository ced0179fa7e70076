/** Every call of a transaction in every state that it can be in, with the outcome as a line of codes. */

import { readFileSync } from "node:fs";
import { EngineError } from "../../lib/engine/port/engine-error.js";
import type { Engine, KeySelector, Transaction } from "../../lib/engine/port/index.js";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const at = (key: string): KeySelector => ({ key: bytes(key), orEqual: false, offset: 1 });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** What waits for ever in a test that has not committed. */
const unlessPending = (work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work, pause(15).then(() => PENDING)]);
const PENDING = "pending";

const [key, low, high] = [bytes("zz"), bytes("a"), bytes("b")];
const tooLong = Buffer.alloc(20_000, 1);
const beyond = bytes("\xff\xff\xff");

async function commit(tx: Transaction): Promise<void> {
  tx.set(key, key);
  await tx.commit();
}

const reach: Readonly<Record<string, (tx: Transaction) => unknown>> = {
  fresh: () => undefined,
  cancelled: (tx) => tx.cancel(),
  deferredError: (tx) => tx.setReadVersion(-1n),
  committed: commit,
  usedAfterCommit: async (tx) => {
    await commit(tx);
    await tx.get(key).catch(() => undefined);
  },
  timedOut: async (tx) => {
    tx.setOption("timeout", 1);
    await pause(5);
  },
  fatalError: (tx) => tx.onError(2000).catch(() => undefined),
  noReadYourWrites: (tx) => tx.setOption("readYourWritesDisable"),
  stamped: (tx) => tx.atomic(15, key, Buffer.alloc(14)),
};

const calls: Readonly<Record<string, (tx: Transaction) => unknown>> = {
  get: (tx) => tx.get(key),
  getHigh: (tx) => tx.get(bytes("\xff\x01")),
  getLong: (tx) => tx.get(tooLong),
  getKey: (tx) => tx.getKey({ key, orEqual: true, offset: 0 }),
  getKeyHigh: (tx) => tx.getKey(at("\xff\x01")),
  getRange: (tx) => tx.getRange(at("zz"), at("zzz")),
  getRangeExact: (tx) => tx.getRange(at("a"), at("b"), { mode: 0 }),
  getRangeMode: (tx) => tx.getRange(at("a"), at("b"), { mode: 9 as never }),
  getRangeIteration: (tx) => tx.getRange(at("a"), at("b"), { mode: -1, iteration: 0 }),
  getRangeLimit: (tx) => tx.getRange(at("a"), at("b"), { limit: -2 }),
  getRangeBytes: (tx) => tx.getRange(at("a"), at("b"), { targetBytes: -2 }),
  getRangeHigh: (tx) => tx.getRange(at("a"), at("\xff\x01")),
  getRangeInverted: (tx) => tx.getRange(at("b"), at("a")),
  metadataVersion: (tx) => tx.get(bytes("\xff/metadataVersion")),
  special: (tx) => tx.get(bytes("\xff\xff/nothing")),
  splitPoints: (tx) => tx.getRangeSplitPoints(low, high, 10),
  splitPointsInverted: (tx) => tx.getRangeSplitPoints(high, low, 10),
  splitPointsHigh: (tx) => tx.getRangeSplitPoints(high, beyond, 10),
  estimate: (tx) => tx.getEstimatedRangeSizeBytes(low, high),
  estimateInverted: (tx) => tx.getEstimatedRangeSizeBytes(high, low),
  approximateSize: (tx) => tx.getApproximateSize(),
  readVersion: (tx) => tx.getReadVersion(),
  setReadVersion: (tx) => tx.setReadVersion(5n),
  readConflictInverted: (tx) => tx.addReadConflictRange(high, low),
  readConflictHigh: (tx) => tx.addReadConflictRange(low, beyond),
  writeConflictInverted: (tx) => tx.addWriteConflictRange(high, low),
  writeConflictHigh: (tx) => tx.addWriteConflictRange(low, beyond),
  set: (tx) => tx.set(key, key),
  setHigh: (tx) => tx.set(bytes("\xff"), key),
  setLongKey: (tx) => tx.set(tooLong, key),
  setLongValue: (tx) => tx.set(key, Buffer.alloc(100_001)),
  clearRangeInverted: (tx) => tx.clearRange(high, low),
  atomicType: (tx) => tx.atomic(1 as never, key, key),
  stampShort: (tx) => tx.atomic(14, bytes("abc"), key),
  stampPosition: (tx) => tx.atomic(15, key, Buffer.from([0, 0, 0, 0, 9, 0, 0, 0])),
  optionSizeLimit: (tx) => tx.setOption("sizeLimit", 1),
  optionRetryLimit: (tx) => tx.setOption("retryLimit", -2),
  optionTimeout: (tx) => tx.setOption("timeout", -2),
  optionFlagValue: (tx) => tx.setOption("causalReadRisky", 1),
  optionReadYourWrites: (tx) => tx.setOption("readYourWritesDisable"),
  watch: (tx) => unlessPending(tx.watch(key).promise),
  watchHigh: (tx) => unlessPending(tx.watch(bytes("\xff\x02")).promise),
  watchLong: (tx) => unlessPending(tx.watch(tooLong).promise),
  versionstamp: (tx) => unlessPending(tx.getVersionstamp()),
  commit: (tx) => tx.commit(),
  onError0: (tx) => tx.onError(0),
  onError1020: (tx) => tx.onError(1020),
  onError1100: (tx) => tx.onError(1100),
};

/** What is asked after the call, in this order. */
const after: readonly ((tx: Transaction) => Promise<unknown>)[] = [
  (tx) => tx.get(bytes("x")),
  (tx) => tx.getReadVersion(),
  (tx) => tx.commit(),
  (tx) => tx.onError(1020),
  (tx) => tx.get(bytes("x")),
];

async function outcome(call: (tx: Transaction) => unknown, tx: Transaction): Promise<string> {
  try {
    return (await call(tx)) === PENDING ? PENDING : "ok";
  } catch (error) {
    return error instanceof EngineError ? String(error.fdbCode) : String(error);
  }
}

interface Recorded {
  readonly states: readonly string[];
  /** By call: the outcomes in each of the states. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
}

/** The answers of FoundationDB 7.3.79, `state.call` to the outcomes of the call and of what is asked after it. */
export function recordedAnswers(): ReadonlyMap<string, string> {
  const file = new URL("../fixtures/fdb-states.json", import.meta.url);
  const { states, answers } = JSON.parse(readFileSync(file, "utf8")) as Recorded;
  const all = Object.entries(answers).flatMap(([call, told]) =>
    states.map((state, i) => [`${state}.${call}`, told[i]!] as const),
  );
  return new Map(all);
}

/** The same of an engine, whose store is cleared. */
export async function answersOf(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const first = engine.begin();
  first.clearRange(bytes(""), bytes("\xff"));
  first.set(bytes("x"), key);
  await first.commit();
  const told = new Map<string, string>();
  for (const [state, arrive] of Object.entries(reach)) {
    await Promise.all(
      Object.entries(calls).map(async ([name, call]) => {
        const tx = engine.begin({ timeoutMs: 0, maxRetryDelayMs: 1 });
        await arrive(tx);
        const line: string[] = [];
        for (const ask of [call, ...after]) line.push(await outcome(ask, tx));
        tx.reset();
        told.set(`${state}.${name}`, line.join(" "));
      }),
    );
  }
  return told;
}

/** Lines that differ from the recorded ones. */
export async function differences(engine: Engine): Promise<string[]> {
  const told = await answersOf(engine);
  const expected = recordedAnswers();
  const names = new Set([...told.keys(), ...expected.keys()]);
  return [...names]
    .filter((name) => told.get(name) !== expected.get(name))
    .map((name) => `${name}: ${told.get(name)} for ${expected.get(name)}`);
}
