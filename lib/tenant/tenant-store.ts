/** The tenants of one application as its transactions see them: one directory each at `[storageId, id]`. */

import { randomBytes } from "node:crypto";
import { DirectoryLayer } from "../directory/index.js";
import type { Transaction } from "../engine/index.js";
import { equalBytes, firstGreaterOrEqual, keyAfter, strinc } from "../engine/index.js";
import { DirectoryError } from "../errors.js";
import { pack, range, type TupleItem, unpack } from "../tuple/index.js";
import { clearedKey, space, versionKey } from "./keys.js";
import { bumpMetadataVersion } from "./metadata-version.js";
import { parseTenantVersion, writeTenantVersion } from "./tenant-version.js";
import { writeStamp } from "./write-stamp.js";

/** Marks a tenant's directory as Plinth's for other tools. */
const LAYER = "plinth";
const directories = new DirectoryLayer();

/** What a handle needs to know of a stored tenant. */
export interface StoredTenant {
  readonly prefix: Uint8Array;
  readonly incarnation: Uint8Array;
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
  async find(tx: Transaction, id: string, incarnation: Uint8Array): Promise<StoredTenant | undefined> {
    try {
      const { key } = await directories.open(tx, [this.#storageId, id], { layer: LAYER });
      return await this.#complete(tx, key, incarnation);
    } catch (error) {
      if (notFound(error)) return undefined;
      throw error;
    }
  }

  async findOrCreate(tx: Transaction, id: string, incarnation: Uint8Array): Promise<StoredTenant> {
    const { key } = await directories.createOrOpen(tx, [this.#storageId, id], { layer: LAYER });
    return this.#complete(tx, key, incarnation);
  }

  async #complete(tx: Transaction, prefix: Uint8Array, incarnation: Uint8Array): Promise<StoredTenant> {
    const version = parseTenantVersion(await tx.get(versionKey(prefix)));
    if (version !== undefined) return { prefix, incarnation: version.incarnation };
    writeTenantVersion(tx, prefix, incarnation);
    return { prefix, incarnation };
  }

  /** Still the tenant that was found before; one point read. */
  async isCurrent(tx: Transaction, tenant: StoredTenant): Promise<boolean> {
    const version = parseTenantVersion(await tx.get(versionKey(tenant.prefix)));
    return version !== undefined && equalBytes(version.incarnation, tenant.incarnation);
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
