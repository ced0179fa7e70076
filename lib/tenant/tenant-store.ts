/** The tenants of one application as its transactions see them: one directory each at `[storageId, id]`. */

import { randomBytes } from "node:crypto";
import { DirectoryLayer } from "../directory/index.js";
import type { Transaction } from "../engine/index.js";
import { equalBytes, firstGreaterOrEqual, keyAfter, strinc } from "../engine/index.js";
import { DirectoryError } from "../errors.js";
import { pack, range, type TupleItem, unpack } from "../tuple/index.js";
import { contentRanges } from "./content-ranges.js";
import type { CopyState } from "./copy-state.js";
import { clearedKey, importKey, space, versionKey } from "./keys.js";
import { bumpMetadataVersion } from "./metadata-version.js";
import { parseTenantVersion, writeTenantVersion } from "./tenant-version.js";
import { readUnfinishedImport, type UnfinishedImport } from "./unfinished-import.js";
import { writeStamp } from "./write-stamp.js";

/** Marks a tenant's directory as Plinth's for other tools. */
const LAYER = "plinth";
const directories = new DirectoryLayer();

/** What a handle needs to know of a stored tenant. */
export interface StoredTenant {
  readonly prefix: Uint8Array;
  readonly incarnation: Uint8Array;
}

/** A stored tenant as a transaction that opens it sees it. */
export interface FoundTenant extends StoredTenant {
  /** Of the tenant's version; when this transaction writes it, settled by the commit. */
  readonly stamp: Uint8Array | Promise<Uint8Array>;
  readonly unfinished: UnfinishedImport | undefined;
  readonly copied: CopyState | undefined;
}

export const newIncarnation = (): Uint8Array => randomBytes(16);

const notFound = (error: unknown): boolean => error instanceof DirectoryError && error.reason === "not_found";

export class TenantStore {
  readonly #storageId: string;

  constructor(storageId: string) {
    this.#storageId = storageId;
  }

  async exists(tx: Transaction, id: string): Promise<boolean> {
    return directories.exists(tx, [this.#storageId, id]);
  }

  /** @param incarnation given to a directory that has none yet, as after it was made with another tool */
  async find(tx: Transaction, id: string, incarnation: Uint8Array): Promise<FoundTenant | undefined> {
    try {
      const { key } = await directories.open(tx, [this.#storageId, id], { layer: LAYER });
      return await this.#complete(tx, key, incarnation);
    } catch (error) {
      if (notFound(error)) return undefined;
      throw error;
    }
  }

  async findOrCreate(tx: Transaction, id: string, incarnation: Uint8Array): Promise<FoundTenant> {
    const { key } = await directories.createOrOpen(tx, [this.#storageId, id], { layer: LAYER });
    return this.#complete(tx, key, incarnation);
  }

  async #complete(tx: Transaction, prefix: Uint8Array, incarnation: Uint8Array): Promise<FoundTenant> {
    const [bytes, unfinished] = await Promise.all([
      tx.get(versionKey(prefix)),
      readUnfinishedImport(tx, { prefix }),
    ]);
    const version = parseTenantVersion(bytes);
    if (version !== undefined) return { prefix, unfinished, ...version };
    writeTenantVersion(tx, prefix, incarnation);
    return { prefix, incarnation, stamp: stampOfCommit(tx), unfinished, copied: undefined };
  }

  /**
   * The tenant that was found before, if it is still that one. One point read while nothing has changed since it had
   * that stamp; otherwise it is looked at again.
   */
  async refresh(
    tx: Transaction,
    tenant: StoredTenant,
    stamp: Uint8Array | undefined,
  ): Promise<FoundTenant | undefined> {
    const version = parseTenantVersion(await tx.get(versionKey(tenant.prefix)));
    if (version === undefined || !equalBytes(version.incarnation, tenant.incarnation)) return undefined;
    const same = stamp !== undefined && equalBytes(stamp, version.stamp);
    const unfinished = same ? undefined : await readUnfinishedImport(tx, tenant);
    return { prefix: tenant.prefix, unfinished, ...version };
  }

  /** Whether the tenant holds anything: records, or keys of the application. */
  async hasContent(tx: Transaction, { prefix }: StoredTenant): Promise<boolean> {
    const found = await Promise.all(
      contentRanges(prefix).map(({ begin, end }) =>
        tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), { limit: 1 }),
      ),
    );
    return found.some(({ rows }) => rows.length > 0);
  }

  /**
   * Clears all but the metadata: index registrations, applied migrations and the version. The heads of logs move, so
   * that whoever watches them, or the version, sees it.
   */
  async clear(tx: Transaction, { prefix, incarnation }: StoredTenant): Promise<void> {
    const heads = await this.#heads(tx, prefix);
    // The metadata's own range, not all that starts with its bytes: an application's byte string may do so too.
    const meta = range([space.meta], prefix);
    tx.clearRange(prefix, meta.begin);
    tx.clearRange(meta.end, strinc(prefix));
    for (const head of heads) writeStamp(tx, head);
    writeStamp(tx, clearedKey(prefix));
    tx.clear(importKey(prefix));
    writeTenantVersion(tx, prefix, incarnation);
  }

  /** The heads there are of sources that have registrations; those of single values are not among them. */
  async #heads(tx: Transaction, prefix: Uint8Array): Promise<readonly Uint8Array[]> {
    const { begin, end } = range([space.meta, "index"], prefix);
    const sources = new Set<TupleItem>();
    for (let from = begin; ; ) {
      const { rows, more } = await tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end));
      for (const [key] of rows) sources.add(unpack(key, prefix.length)[2] as TupleItem);
      const last = rows.at(-1);
      if (!more || last === undefined) break;
      from = keyAfter(last[0]);
    }
    const keys = Array.from(sources, (source) => pack([space.head, source], prefix));
    const found = await Promise.all(keys.map((key) => tx.get(key, true)));
    return keys.filter((_, i) => found[i] !== undefined);
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await directories.remove(tx, [this.#storageId, id]);
    bumpMetadataVersion(tx);
  }

  /** Prefix of the directory of all tenants, for what concerns them together. */
  async home(tx: Transaction): Promise<Uint8Array> {
    return (await directories.createOrOpen(tx, [this.#storageId])).key;
  }

  /** Ids in byte order, at most `limit` of those after `after`. */
  async list(tx: Transaction, after: string | undefined, limit: number): Promise<string[]> {
    try {
      const page = after === undefined ? { limit } : { after, limit };
      return await directories.list(tx, this.#storageId, page);
    } catch (error) {
      if (notFound(error)) return [];
      throw error;
    }
  }
}

/** The stamp that this transaction's commit gives the version; an attempt that fails leaves nobody waiting for it. */
function stampOfCommit(tx: Transaction): Promise<Uint8Array> {
  const stamp = tx.getVersionstamp();
  stamp.catch(() => undefined);
  return stamp;
}
