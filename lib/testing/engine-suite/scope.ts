/** The corner of the key space in which one test works, and short ways to read and write there. */

import type { Engine, KeyValue, Transaction } from "../../engine/index.js";
import type { Runner } from "./runner.js";

let spaces = 0;

export class Scope {
  private readonly prefix: Buffer;

  constructor(
    readonly engine: Engine,
    prefix: Uint8Array,
  ) {
    this.prefix = Buffer.concat([prefix, Buffer.from(`${++spaces}/`)]);
  }

  key(name: string | Uint8Array): Buffer {
    return Buffer.concat([this.prefix, typeof name === "string" ? Buffer.from(name, "latin1") : name]);
  }

  begin(): Transaction {
    return this.engine.begin();
  }

  /** A transaction whose read version is fixed now. */
  async pinned(): Promise<Transaction> {
    const tx = this.engine.begin();
    await tx.getReadVersion();
    return tx;
  }

  async write(values: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const tx = this.begin();
    for (const [name, v] of Object.entries(values)) tx.set(this.key(name), value(v));
    await tx.commit();
  }

  async read(name: string): Promise<string | undefined> {
    return text(await this.begin().get(this.key(name)));
  }

  /** Everything in the corner, as `name=value`. */
  async all(tx: Transaction = this.begin()): Promise<string[]> {
    const end = Buffer.concat([this.prefix, Buffer.from([0xff])]);
    const begin = { key: this.prefix, orEqual: false, offset: 1 };
    const { rows } = await tx.getRange(begin, { key: end, orEqual: false, offset: 1 });
    return rows.map((row) => this.describe(row));
  }

  describe([key, v]: KeyValue): string {
    return `${this.name(key)}=${text(v)}`;
  }

  name(key: Uint8Array): string {
    return Buffer.from(key).subarray(this.prefix.length).toString("latin1");
  }

  async clear(): Promise<void> {
    const tx = this.begin();
    tx.clearRange(this.prefix, Buffer.concat([this.prefix, Buffer.from([0xff, 0xff])]));
    await tx.commit();
  }
}

export type ScopedTest = (name: string, body: (scope: Scope) => Promise<void>) => void;

export interface SuiteContext extends Runner {
  readonly scoped: ScopedTest;
}

export const value = (v: string | Uint8Array): Buffer =>
  typeof v === "string" ? Buffer.from(v, "latin1") : Buffer.from(v);

export const text = (v: Uint8Array | undefined): string | undefined =>
  v === undefined ? undefined : Buffer.from(v).toString("latin1");
