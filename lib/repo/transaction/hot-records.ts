/** Lets transactions of one process that change the same record run one after the other, before they conflict.
 *
 * Only a hint: conflicts stay the truth, so a transaction that does not wait, or is let go early, is merely retried.
 * A transaction waits only while it holds nothing and has read nothing, or takes all of its records in key order
 * before it starts again; so nobody ever waits in a circle.
 */

import { EngineError } from "../../engine/index.js";

/** `transaction_timed_out` */
const TIMED_OUT = 1031;
/** Milliseconds that a transaction may keep a record for itself before it has written it. */
const UNPROVEN_MS = 50;
/** Milliseconds that a transaction may keep a record that it writes. */
const WRITING_MS = 250;
/** A record that was not written for this long is not expected to be. */
const CALM_MS = 1_000;
/** Records and transaction functions that are remembered. */
const REMEMBERED = 4_096;

interface Waiter {
  readonly ticket: Ticket;
  readonly go: () => void;
}

interface HotRecord {
  readonly key: string;
  holder: Ticket | undefined;
  heldSince: number;
  readonly queue: Waiter[];
  /** Read first by transactions that then did not write it: nobody waits. */
  calm: boolean;
  writtenAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** One transaction, over all of its attempts. */
export class Ticket {
  /** Records that this transaction runs alone on. */
  readonly held = new Set<HotRecord>();
  /** Records written in the attempt under way. */
  written = new Set<string>();

  constructor(
    /** The function of the transaction: what wrote nothing before is not expected to write. */
    readonly body: unknown,
    /** When it times out, in milliseconds since 1970: it waits no longer, and gets the engine's error. */
    readonly deadline?: number,
  ) {}
}

export class HotRecords {
  readonly #records = new Map<string, HotRecord>();
  /** Source texts of transaction functions that ended without writing while others waited for them. */
  readonly #readers = new Set<string>();

  /**
   * Before the first read of a transaction, when it is the read of this record. Resolves when it is the
   * transaction's turn; `undefined` is at once.
   */
  enter(ticket: Ticket, key: string, willWrite: boolean): Promise<void> | undefined {
    const record = this.#record(key);
    if (willWrite) record.calm = false;
    if (record.calm || record.holder === ticket) return undefined;
    if (record.holder === undefined) {
      this.#grant(record, ticket);
      return undefined;
    }
    if (!willWrite && this.#isReader(ticket)) return undefined;
    return this.#wait(record, ticket, false);
  }

  /** After a conflict: waits for every record that the failed attempt wrote, in key order and ahead of newcomers. */
  async enterAgain(ticket: Ticket): Promise<void> {
    const keys = [...ticket.written].sort();
    ticket.written = new Set();
    this.#release(ticket, true);
    for (const key of keys) {
      const record = this.#record(key);
      record.calm = false;
      if (record.holder === undefined) this.#grant(record, ticket);
      else await this.#wait(record, ticket, true);
    }
  }

  /** Notes a write, so that readers of the record are queued from now on. */
  noteWrite(ticket: Ticket, key: string): void {
    ticket.written.add(key);
    const record = this.#records.get(key);
    if (record === undefined) return;
    record.calm = false;
    record.writtenAt = Date.now();
  }

  /** After the last attempt; one that failed says nothing about whether the record is written. */
  leave(ticket: Ticket, failed: boolean): void {
    if (ticket.held.size > 0) this.#release(ticket, failed);
  }

  #record(key: string): HotRecord {
    let record = this.#records.get(key);
    if (record === undefined) {
      record = {
        key,
        holder: undefined,
        heldSince: 0,
        queue: [],
        calm: false,
        writtenAt: 0,
        timer: undefined,
      };
      this.#records.set(key, record);
      if (this.#records.size > REMEMBERED) this.#forgetIdle();
    }
    return record;
  }

  #forgetIdle(): void {
    for (const [key, record] of this.#records) {
      if (record.holder === undefined && record.queue.length === 0) this.#records.delete(key);
      if (this.#records.size <= REMEMBERED / 2) return;
    }
  }

  #grant(record: HotRecord, ticket: Ticket): void {
    record.holder = ticket;
    record.heldSince = Date.now();
    ticket.held.add(record);
    if (record.queue.length > 0) this.#watchHolder(record);
  }

  #wait(record: HotRecord, ticket: Ticket, ahead: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const { deadline } = ticket;
      let go: () => void = resolve;
      if (deadline !== undefined) {
        const timer = setTimeout(() => {
          const at = record.queue.indexOf(waiter);
          if (at >= 0) record.queue.splice(at, 1);
          reject(new EngineError(TIMED_OUT));
        }, deadline - Date.now());
        go = () => {
          clearTimeout(timer);
          resolve();
        };
      }
      const waiter: Waiter = { ticket, go };
      if (ahead) record.queue.unshift(waiter);
      else record.queue.push(waiter);
      this.#watchHolder(record);
    });
  }

  /** A holder that takes too long loses its place, so that slow transactions delay nobody for long. */
  #watchHolder(record: HotRecord): void {
    if (record.timer !== undefined) return;
    record.timer = setTimeout(() => {
      record.timer = undefined;
      const { holder } = record;
      if (holder === undefined || record.queue.length === 0) return;
      const allowed = holder.written.has(record.key) ? WRITING_MS : UNPROVEN_MS;
      if (Date.now() - record.heldSince < allowed) this.#watchHolder(record);
      else {
        holder.held.delete(record);
        this.#next(record);
      }
    }, UNPROVEN_MS);
  }

  #next(record: HotRecord): void {
    record.holder = undefined;
    const waiter = record.queue.shift();
    if (waiter === undefined) return;
    this.#grant(record, waiter.ticket);
    waiter.go();
  }

  #releaseAll(record: HotRecord): void {
    record.holder = undefined;
    for (const { go } of record.queue.splice(0)) go();
  }

  #release(ticket: Ticket, unknown: boolean): void {
    for (const record of ticket.held) {
      if (record.holder !== ticket) continue;
      const writer = unknown || ticket.written.has(record.key);
      if (!writer && record.queue.length > 0 && ticket.written.size === 0) this.#noteReader(ticket);
      if (!writer && Date.now() - record.writtenAt > CALM_MS) {
        record.calm = true;
        this.#releaseAll(record);
      } else this.#next(record);
      if (record.queue.length === 0 && record.timer !== undefined) {
        clearTimeout(record.timer);
        record.timer = undefined;
      }
    }
    ticket.held.clear();
  }

  #noteReader({ body }: Ticket): void {
    if (typeof body !== "function") return;
    if (this.#readers.size >= REMEMBERED) this.#readers.clear();
    this.#readers.add(body.toString());
  }

  #isReader({ body }: Ticket): boolean {
    return typeof body === "function" && this.#readers.size > 0 && this.#readers.has(body.toString());
  }

  /** A function that was taken for a reader has written. */
  noteWriter({ body }: Ticket): void {
    if (this.#readers.size > 0 && typeof body === "function") this.#readers.delete(body.toString());
  }
}
