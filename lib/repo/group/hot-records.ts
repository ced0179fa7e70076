/** Lets transactions of one process that change the same record run one after the other, before they conflict.
 *
 * Only a hint: conflicts stay the truth, so a transaction that does not wait, or is let go early, is merely retried.
 * A transaction waits only while it holds nothing and has read nothing, or takes all of its records in key order
 * before it starts again; so nobody ever waits in a circle.
 */

import { EngineError, type Transaction } from "../../engine/index.js";
import { atRoot } from "./at-root.js";
import { Group } from "./group.js";
import { MEMBERS, UNPROVEN_MS, WRITING_MS } from "./limits.js";
import { type HotRecord, type Seat, Ticket, type Waiter } from "./ticket.js";
import { waited } from "./waited.js";

/** `transaction_timed_out` */
const TIMED_OUT = 1031;
/** A record that was not written for this long is not expected to be. */
const CALM_MS = 1_000;
/** Records and transaction functions that are remembered. */
const REMEMBERED = 4_096;
/** How long a function that a group could not carry is given a transaction of its own: it may have been the store. */
const LONER_MS = 10_000;

export class HotRecords {
  readonly #records = new Map<string, HotRecord>();
  /** Source texts of transaction functions that ended without writing while others waited for them. */
  readonly #readers = new Set<string>();
  /** Source texts of transaction functions that a group could not carry, and until when that is remembered. */
  readonly #loners = new Map<string, number>();

  /** @param begin begins the engine transaction of a group; without one, transactions run one by one */
  constructor(private readonly begin?: () => Transaction) {}

  /**
   * Before the first read of a transaction, when it is the read of this record. Resolves when it is the
   * transaction's turn, with its seat when that is in a group; `undefined` is at once.
   */
  enter(ticket: Ticket, key: string, willWrite: boolean): Promise<Seat | undefined> | undefined {
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

  /**
   * After a conflict: waits for every record that the failed attempt wrote, in key order and ahead of newcomers. A group
   * that it gets a seat in has waited for all of them.
   */
  async enterAgain(ticket: Ticket): Promise<Seat | undefined> {
    const keys = [...ticket.written].sort();
    ticket.written = new Set();
    this.#release(ticket, true);
    for (let at = 0; at < keys.length; at++) {
      const seat = await this.#hold(keys[at] as string, ticket, keys.slice(at + 1));
      if (seat !== undefined) return seat;
    }
    return undefined;
  }

  #hold(key: string, ticket: Ticket, wants: readonly string[]): Promise<Seat | undefined> | undefined {
    const record = this.#record(key);
    record.calm = false;
    if (record.holder === ticket) return undefined;
    if (record.holder !== undefined) return this.#wait(record, ticket, true, wants);
    this.#grant(record, ticket);
    return undefined;
  }

  /** Notes a write, so that readers of the record are queued from now on. */
  noteWrite(ticket: Ticket, key: string): void {
    ticket.write(key);
    const record = this.#records.get(key);
    if (record === undefined) return;
    record.calm = false;
    record.writtenAt = Date.now();
  }

  /** After the last attempt; one that failed says nothing about whether the record is written. */
  leave(ticket: Ticket, failed: boolean): void {
    ticket.left = true;
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
    record.heldSince = waited();
    ticket.held.add(record);
    if (record.queue.length > 0) this.#watchHolder(record);
  }

  #wait(
    record: HotRecord,
    ticket: Ticket,
    ahead: boolean,
    wants: readonly string[] = [],
  ): Promise<Seat | undefined> {
    return new Promise((resolve, reject) => {
      const { deadline } = ticket;
      const waiter: Waiter = { ticket, wants, gone: false, go: resolve };
      if (deadline !== undefined) {
        const timer = setTimeout(() => {
          waiter.gone = true;
          const at = record.queue.indexOf(waiter);
          if (at >= 0) record.queue.splice(at, 1);
          reject(new EngineError(TIMED_OUT));
        }, deadline - Date.now());
        waiter.go = (seat) => {
          clearTimeout(timer);
          resolve(seat);
        };
      }
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
      if (waited() - record.heldSince < allowed) this.#watchHolder(record);
      else {
        holder.held.delete(record);
        this.#next(record);
      }
    }, UNPROVEN_MS);
  }

  #next(record: HotRecord): void {
    record.holder = undefined;
    const together = this.#together(record);
    const [first] = together;
    if (first === undefined) return;
    if (together.length > 1 && this.begin !== undefined) {
      const group = new Ticket(undefined);
      this.#grant(record, group);
      const { begin } = this;
      // What runs for several is in no transaction's asynchronous context.
      atRoot(() => void this.#runGroup(record, group, together, begin));
      return;
    }
    this.#grant(record, first.ticket);
    first.go();
  }

  /** Takes those out of the queue whose turn it is, who may be one. */
  #together(record: HotRecord): readonly Waiter[] {
    const { queue } = record;
    const together: Waiter[] = [];
    let most = this.begin === undefined ? 1 : MEMBERS;
    let taken = 0;
    for (const waiter of queue) {
      const { ticket } = waiter;
      if (ticket.left) {
        taken++;
        waiter.go();
        continue;
      }
      const company = this.#isLoner(ticket) ? 1 : ticket.company;
      most = Math.min(most, Math.max(company, 1));
      if (together.length > 0 && (together.length >= most || ticket.tenant !== together[0]!.ticket.tenant))
        break;
      together.push(waiter);
      taken++;
    }
    queue.splice(0, taken);
    return together;
  }

  async #runGroup(
    record: HotRecord,
    group: Ticket,
    together: readonly Waiter[],
    begin: () => Transaction,
  ): Promise<void> {
    const wanted = new Set(together.flatMap(({ wants }) => wants));
    for (const key of [...wanted].sort()) {
      const { holder } = this.#record(key);
      if (!together.some(({ ticket }) => ticket === holder)) await this.#hold(key, group, []);
    }
    let rest: readonly Waiter[] = together;
    try {
      rest = await new Group(begin(), group).run(together);
    } catch {
      // The store is gone; each of them finds out how.
    }
    // A group that cannot even begin must not be tried for ever.
    if (rest.length === together.length) for (const { ticket } of rest) ticket.company = 1;
    record.queue.unshift(...rest.filter(({ gone }) => !gone));
    this.leave(group, false);
    // It may have lost the record meanwhile, to one that has left already.
    if (record.holder === undefined) this.#next(record);
    else if (record.queue.length > 0) this.#watchHolder(record);
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

  /** A group had to go on without it, for what its function does and will do again. */
  noteLoner(ticket: Ticket): void {
    ticket.company = 1;
    const { body } = ticket;
    if (typeof body !== "function") return;
    if (this.#loners.size >= REMEMBERED) this.#loners.clear();
    this.#loners.set(body.toString(), Date.now() + LONER_MS);
  }

  #isLoner({ body }: Ticket): boolean {
    if (this.#loners.size === 0 || typeof body !== "function") return false;
    return (this.#loners.get(body.toString()) ?? 0) > Date.now();
  }

  /** It was in a group, and has written nothing. */
  noteIdleMember(ticket: Ticket): void {
    if (ticket.written.size === 0) this.#noteReader(ticket);
  }

  /** A function that was taken for a reader has written. */
  noteWriter({ body }: Ticket): void {
    if (this.#readers.size > 0 && typeof body === "function") this.#readers.delete(body.toString());
  }
}
