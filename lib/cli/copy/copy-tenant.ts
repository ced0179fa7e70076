/** Copies one tenant while it is written to: everything, then what has changed, then the last of it while writers wait. */

import {
  compareBytes,
  type Engine,
  equalBytes,
  firstGreaterOrEqual,
  type KeyValue,
  keyAfter,
  StreamingMode,
  strinc,
  transact,
} from "../../engine/index.js";
import { CopyError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import { markChanged } from "./changed-parts.js";
import { isLeftOut, leftOut } from "./left-out.js";
import { hashOf, oldest, type Part, RowHash } from "./part.js";
import { letWritersGoOn, liftStop, stopWriters } from "./source-stop.js";
import type { Target } from "./target.js";

/** Bytes of a part: what a change of one key makes read again. */
const PART_BYTES = 250_000;
/** Milliseconds between two looks at what has changed; the store knows for five seconds. */
const LOOK_MS = 1_000;
/** Changed parts that are left for the stop. */
const FEW = 4;
/** Rounds before the stop, in which a source that changes faster than it is copied is followed. */
const ROUNDS = 10;

export interface TenantCopyOptions {
  readonly signal: AbortSignal;
  /** Milliseconds that writers of the source wait at most. */
  readonly stopMs: number;
  /** The URL under which the tenant is found from now on; undefined when the source goes on. */
  readonly movedTo: string | undefined;
  readonly onProgress: (keys: number) => void;
}

/** What was copied. */
export interface TenantCopy {
  /** Of the source: the copy is the tenant as it was here. */
  readonly version: bigint;
  /** Keys that were copied. */
  readonly keys: number;
  /** Bytes of them and their values. */
  readonly bytes: number;
  /** Over all keys and values in order, each after its length, as read back from the target. */
  readonly sha256: string;
  /** Milliseconds that writers of the source had to wait. */
  readonly stoppedMs: number;
  /** Parts that were read again because the source had changed them. */
  readonly repeated: number;
}

export class TenantCopyJob {
  #parts: Part[] = [];
  #looked = performance.now();
  #repeated = 0;
  #keys = 0;
  readonly #leftOut: readonly Uint8Array[];

  constructor(
    private readonly source: Engine,
    private readonly tenant: Tenant,
    private readonly target: Target,
    private readonly options: TenantCopyOptions,
  ) {
    this.#leftOut = leftOut(tenant);
  }

  /** @throws CopyError; the source's writers go on then */
  async run(): Promise<TenantCopy> {
    const { prefix } = this.tenant;
    await this.#copy(prefix, strinc(prefix), this.target.resumed, (part) => this.#parts.push(part));
    for (let round = 0; round < ROUNDS; round++) {
      await this.#verify();
      await this.#look();
      if (this.#changed().length <= FEW) break;
      await this.#repeat();
    }
    const stopped = await this.#stop();
    const { keys, bytes, hex } = await this.#readBack();
    return { ...stopped, keys, bytes, sha256: hex, repeated: this.#repeated };
  }

  #changed(): Part[] {
    return this.#parts.filter(({ dirty }) => dirty);
  }

  /** The last changes, while writers wait. */
  async #stop(): Promise<{ readonly version: bigint; readonly stoppedMs: number }> {
    const { source, tenant } = this;
    const { stopMs, movedTo } = this.options;
    const startedAt = performance.now();
    await stopWriters(source, tenant, Date.now() + stopMs);
    let version: bigint | undefined;
    try {
      while (version === undefined) {
        if (performance.now() - startedAt > stopMs) throw this.#tooSlow(stopMs);
        await this.#look();
        await this.#repeat();
        await this.#verify();
        const since = oldest(this.#parts);
        version = await liftStop(source, tenant, since, movedTo);
      }
    } finally {
      if (version === undefined) await letWritersGoOn(source, tenant);
    }
    return { version, stoppedMs: Math.round(performance.now() - startedAt) };
  }

  #tooSlow(stopMs: number): CopyError {
    return new CopyError(
      `The last changes of tenant ${JSON.stringify(this.tenant.id)} could not be copied in ${stopMs} ms, so its writers go on ` +
        "and the copy is not finished. Either something writes to it past the Repo, or it changes too much: run the same " +
        "copy again when less is written, or let writers wait longer: --stop-ms",
    );
  }

  /** Marks what the source has changed since it was copied. */
  async #look(): Promise<void> {
    await markChanged(this.source, this.tenant, this.#parts);
    this.#looked = performance.now();
  }

  async #lookInTime(): Promise<void> {
    this.options.signal.throwIfAborted();
    if (performance.now() - this.#looked > LOOK_MS) await this.#look();
  }

  /** Copies what was changed once more. */
  async #repeat(): Promise<void> {
    for (const part of this.#changed()) {
      this.#repeated++;
      const parts: Part[] = [];
      await this.#copy(part.begin, part.end, true, (one) => parts.push(one));
      this.#parts.splice(this.#parts.indexOf(part), 1, ...parts);
    }
  }

  /** @param compares with what the target holds, and changes only that */
  async #copy(
    begin: Uint8Array,
    end: Uint8Array,
    compares: boolean,
    found: (part: Part) => void,
  ): Promise<void> {
    for (let from = begin; ; ) {
      await this.#lookInTime();
      const { rows, to, version } = await this.#read(from, end);
      const { length } = this.tenant.prefix;
      const own = rows.filter(([key]) => !isLeftOut(key.subarray(length), this.#leftOut));
      const changes = compares
        ? differences(own, await this.#targetRows(from, to), length, this.target.prefix.length)
        : own.map(([key, value]) => [key.subarray(length), value] as const);
      await this.target.write(changes);
      const hash = hashOf(own, length);
      found({
        ...{ begin: from, end: to, version, dirty: false, verified: false },
        ...{ keys: hash.keys, bytes: hash.bytes, hash: hash.hex() },
      });
      this.#keys += hash.keys;
      this.options.onProgress(this.#keys);
      if (compareBytes(to, end) >= 0) return;
      from = to;
    }
  }

  async #read(
    begin: Uint8Array,
    end: Uint8Array,
  ): Promise<{ readonly rows: readonly KeyValue[]; readonly to: Uint8Array; readonly version: bigint }> {
    return transact(
      this.source,
      async (tx) => {
        const rows: KeyValue[] = [];
        let bytes = 0;
        for (let from = begin; ; ) {
          const batch = await tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end), {
            ...{ snapshot: true, mode: StreamingMode.wantAll, targetBytes: PART_BYTES },
          });
          for (const row of batch.rows) {
            rows.push(row);
            bytes += row[0].length + row[1].length;
          }
          const last = batch.rows.at(-1);
          const version = await tx.getReadVersion();
          if (!batch.more || last === undefined) return { rows, to: end, version };
          from = keyAfter(last[0]);
          if (bytes >= PART_BYTES) return { rows, to: from, version };
        }
      },
      { signal: this.options.signal },
    );
  }

  /** Reads back what was written since the last time, and compares it. */
  async #verify(): Promise<void> {
    for (const part of this.#parts) {
      if (part.verified || part.dirty) continue;
      await this.#lookInTime();
      const { hash, keys } = part;
      const read = hashOf(await this.#targetRows(part.begin, part.end), this.target.prefix.length);
      if (read.keys !== keys || read.hex() !== hash) throw this.#different(keys, read.keys);
      part.verified = true;
    }
  }

  /** All of the target in one go of its own, which finds also what no part has written. */
  async #readBack(): Promise<{ readonly keys: number; readonly bytes: number; readonly hex: string }> {
    const whole = new RowHash();
    for (const part of this.#parts)
      for (const row of await this.#targetRows(part.begin, part.end))
        whole.add(row, this.target.prefix.length);
    const keys = this.#parts.reduce((sum, part) => sum + part.keys, 0);
    if (whole.keys === keys) return { keys, bytes: whole.bytes, hex: whole.hex() };
    if (this.options.movedTo !== undefined) await letWritersGoOn(this.source, this.tenant);
    throw this.#different(keys, whole.keys);
  }

  #different(wrote: number, read: number): CopyError {
    return new CopyError(
      `What was written into the tenant ${JSON.stringify(this.target.id)} of ${this.target.engine.url} reads back differently ` +
        `(${read} keys where ${wrote} were written). Something else writes there, or its disk is damaged; nothing was ` +
        "taken from the source, whose tenant goes on.",
    );
  }

  /** What the target holds where the source has a range; not what stays behind there. */
  async #targetRows(begin: Uint8Array, end: Uint8Array): Promise<KeyValue[]> {
    const { length } = this.tenant.prefix;
    const last = equalBytes(end, strinc(this.tenant.prefix));
    const rows = await this.target.rows(begin.subarray(length), last ? undefined : end.subarray(length));
    return rows.filter(([key]) => !isLeftOut(key.subarray(this.target.prefix.length), this.#leftOut));
  }
}

type Change = readonly [key: Uint8Array, value: Uint8Array | undefined];

/** What makes the second list of rows the first; both in order. */
function differences(
  wanted: readonly KeyValue[],
  there: readonly KeyValue[],
  wantedPrefix: number,
  therePrefix: number,
): Change[] {
  const changes: Change[] = [];
  let at = 0;
  const next = (): Uint8Array | undefined => there[at]?.[0].subarray(therePrefix);
  for (const [full, value] of wanted) {
    const key = full.subarray(wantedPrefix);
    for (let other = next(); other !== undefined && compareBytes(other, key) < 0; other = next()) {
      changes.push([other, undefined]);
      at++;
    }
    const other = next();
    if (other !== undefined && equalBytes(other, key)) {
      if (!equalBytes(there[at]![1], value)) changes.push([key, value]);
      at++;
    } else changes.push([key, value]);
  }
  for (let other = next(); other !== undefined; other = next()) {
    changes.push([other, undefined]);
    at++;
  }
  return changes;
}
