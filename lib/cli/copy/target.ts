/** The tenant that a copy is written into: taken when it is empty or half a copy from the same place, and closed until it is done. */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import {
  type Engine,
  EngineError,
  firstGreaterOrEqual,
  type KeyValue,
  keyAfter,
  strinc,
  type Transaction,
  transact,
} from "../../engine/index.js";
import { CopyError } from "../../errors.js";
import {
  bumpTenantVersion,
  noteImport,
  readUnfinishedImport,
  TenantStore,
  type UnfinishedImport,
  versionKey,
} from "../../tenant/index.js";

const KEY_TOO_LARGE = 2102;

/** Why a tenant cannot be copied into; undefined when it can. */
export async function refusalOf(
  engine: Engine,
  storageId: string,
  id: string,
  from: string,
): Promise<string | undefined> {
  const store = new TenantStore(storageId);
  return transact(engine, async (tx) => {
    if (!(await store.exists(tx, id))) return undefined;
    const found = await store.find(tx, id, randomBytes(16));
    return found === undefined ? undefined : refusal(tx, found, from);
  });
}

interface Stored {
  readonly prefix: Uint8Array;
  readonly unfinished: UnfinishedImport | undefined;
}

async function refusal(
  tx: Transaction,
  { prefix, unfinished }: Stored,
  from: string,
): Promise<string | undefined> {
  if (unfinished?.from === from) return undefined;
  if (unfinished !== undefined) return `is half a copy from ${unfinished.from ?? "a file"}`;
  // Around the version, which may have been written in this very transaction.
  const own = versionKey(prefix);
  const around = await Promise.all(
    [[prefix, own] as const, [keyAfter(own), strinc(prefix)] as const].map(([begin, end]) =>
      tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), { limit: 1 }),
    ),
  );
  return around.some(({ rows }) => rows.length > 0) ? "is not empty" : undefined;
}

export class Target {
  private constructor(
    readonly engine: Engine,
    readonly id: string,
    readonly prefix: Uint8Array,
    private readonly incarnation: Uint8Array,
    private readonly note: UnfinishedImport,
    /** An earlier run has written here: what is there is compared instead of believed to be nothing. */
    readonly resumed: boolean,
  ) {}

  /** @throws CopyError when the tenant holds something else */
  static async take(
    engine: Engine,
    storageId: string,
    id: string,
    from: string,
    now: number,
  ): Promise<Target> {
    const store = new TenantStore(storageId);
    const incarnation = randomBytes(16);
    const note = { startedAt: now, host: hostname(), pid: process.pid, replaces: true, from };
    const found = await transact(engine, async (tx) => {
      const stored = await store.findOrCreate(tx, id, incarnation);
      const why = await refusal(tx, stored, from);
      if (why !== undefined) throw notEmpty(id, engine.url, why);
      noteImport(tx, stored, note);
      bumpTenantVersion(tx, stored);
      return stored;
    });
    return new Target(engine, id, found.prefix, found.incarnation, note, found.unfinished !== undefined);
  }

  /** Sets and clears keys, given without the prefix, while nobody else has taken the tenant. */
  async write(
    changes: readonly (readonly [key: Uint8Array, value: Uint8Array | undefined])[],
  ): Promise<void> {
    if (changes.length === 0) return;
    try {
      await transact(this.engine, async (tx) => {
        await this.#requireOwn(tx);
        for (const [key, value] of changes) {
          const at = Buffer.concat([this.prefix, key]);
          if (value === undefined) tx.clear(at);
          else tx.set(at, value);
        }
      });
    } catch (error) {
      if (!(error instanceof EngineError) || error.fdbCode !== KEY_TOO_LARGE) throw error;
      const longest = Math.max(...changes.map(([key]) => key.length));
      throw new CopyError(
        `A key of tenant ${JSON.stringify(this.id)} has ${longest} bytes, more than ${this.engine.url} takes. Shorten the ` +
          "application's key (or the indexed value) in the source, and run the copy again: it goes on where it was.",
        { cause: error },
      );
    }
  }

  /** The rows of a range that is given without the prefix; all of them, over several reads. */
  async rows(begin: Uint8Array, end: Uint8Array | undefined): Promise<KeyValue[]> {
    return transact(this.engine, async (tx) => {
      const rows: KeyValue[] = [];
      const to = end === undefined ? strinc(this.prefix) : Buffer.concat([this.prefix, end]);
      for (let from: Uint8Array = Buffer.concat([this.prefix, begin]); ; ) {
        const batch = await tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(to), {
          snapshot: true,
        });
        for (const row of batch.rows) rows.push(row);
        const last = batch.rows.at(-1);
        if (!batch.more || last === undefined) return rows;
        from = Buffer.concat([last[0], Buffer.of(0)]);
      }
    });
  }

  /** The tenant is whole and may be opened. */
  async finish(): Promise<void> {
    await transact(this.engine, async (tx) => {
      await this.#requireOwn(tx);
      noteImport(tx, this, undefined);
      bumpTenantVersion(tx, { prefix: this.prefix, incarnation: this.incarnation });
    });
  }

  async #requireOwn(tx: Transaction): Promise<void> {
    const now = await readUnfinishedImport(tx, this);
    const { startedAt, host, pid } = this.note;
    if (now?.startedAt === startedAt && now.host === host && now.pid === pid) return;
    throw new CopyError(
      `Another copy into the tenant ${JSON.stringify(this.id)} of ${this.engine.url} has begun meanwhile, or the tenant was ` +
        "deleted. This one stops; run one at a time.",
    );
  }
}

export const notEmpty = (id: string, url: string, why: string): CopyError =>
  new CopyError(
    `The tenant ${JSON.stringify(id)} of ${url} ${why}, and a copy is not written over something else. Delete it there ` +
      `(plinth tenants delete ${id} --url ${url}), or copy other tenants: -t ID`,
  );
