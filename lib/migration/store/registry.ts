/** The index registrations of a tenant inside one transaction that changes them. */

import type { Transaction } from "../../engine/index.js";
import { MigrationError } from "../../errors.js";
import {
  dropLog,
  encodeIndexInfo,
  findIndexer,
  type IndexInfo,
  isTally,
  keysOfIndex,
  metaKeys,
  prefixRange,
  readRegistrations,
  sameDefinition,
  sourceKeys,
  startLog,
  stopLog,
} from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import { isOther } from "../define/index.js";

export class Registry {
  private readonly indexes = new Map<string, IndexInfo>();
  /** Whether anything was changed, so that the tenant's version must be. */
  changed = false;

  private constructor(
    private readonly tx: Transaction,
    private readonly tenant: Tenant,
  ) {}

  /** Reads all registrations: one range read, with conflict. */
  static async read(tx: Transaction, tenant: Tenant): Promise<Registry> {
    const registry = new Registry(tx, tenant);
    const { indexes } = await readRegistrations(tx, tenant, metaKeys.allIndexes(tenant), false);
    for (const index of indexes) registry.indexes.set(idOf(index), index);
    return registry;
  }

  all(): IterableIterator<IndexInfo> {
    return this.indexes.values();
  }

  find(index: IndexInfo): IndexInfo | undefined {
    return this.indexes.get(idOf(index));
  }

  /**
   * The registration under this name, when it is the same index.
   *
   * @throws MigrationError when the name belongs to another index
   */
  findSame(index: IndexInfo): IndexInfo | undefined {
    const known = this.find(index);
    if (known === undefined || known.state === "deleteOnly" || sameDefinition(known, index)) return known;
    throw new MigrationError(
      `"${index.source}" has an index "${index.name}" already, on ${known.fields.join(", ") || "no fields"} and with ` +
        "other options; drop it in the same migration first, or give the new one a name: " +
        `index(S, [${index.fields.map((field) => `"${field}"`).join(", ")}], { name: "${index.name}_2" }).`,
    );
  }

  /**
   * The registration that a drop means.
   *
   * @throws MigrationError when the name, made of the fields of the drop, belongs to an index on others
   */
  findDropped(index: IndexInfo): IndexInfo | undefined {
    const known = this.find(index);
    if (known === undefined || !isOther(known, index)) return known;
    throw new MigrationError(
      `The index "${index.name}" of "${index.source}" is on ${known.fields.join(", ")}, not on ${index.fields.join(", ")}, ` +
        `and is not dropped. Name the fields that it is on: drop(index(S, [${known.fields.map((field) => `"${field}"`).join(", ")}])).`,
    );
  }

  /** Registers an index in a state, over whatever an unfinished drop or build has left under its name. */
  put(index: IndexInfo): void {
    const known = this.find(index);
    if (known === undefined || known.state === "deleteOnly") this.wipe(index);
    if (index.kind === "metadata" && !this.isLogged(index.source))
      startLog(this.tx, this.tenant, index.source);
    this.write(index);
    const cursor = metaKeys.build(this.tenant, index.source, index.name);
    if (index.state === "readable") this.tx.clear(cursor);
    else this.tx.set(cursor, new Uint8Array(0));
  }

  setState(index: IndexInfo, state: IndexInfo["state"]): void {
    const known = this.find(index);
    if (known === undefined || known.state === state) return;
    const logged = this.isLogged(known.source);
    this.write({ ...known, state });
    if (logged && !this.isLogged(known.source)) stopLog(this.tx, this.tenant, known.source);
  }

  /** Removes an index with every key of it. */
  remove(index: IndexInfo): void {
    const known = this.find(index);
    if (known === undefined) return;
    this.wipe(known);
    this.tx.clear(metaKeys.index(this.tenant, known.source, known.name));
    this.indexes.delete(idOf(known));
    this.changed = true;
    if (known.kind === "metadata" && !this.isLogged(known.source)) {
      dropLog(this.tx, this.tenant, known.source);
    }
  }

  private write(index: IndexInfo): void {
    this.tx.set(metaKeys.index(this.tenant, index.source, index.name), encodeIndexInfo(index));
    this.indexes.set(idOf(index), index);
    this.changed = true;
  }

  private isLogged(source: string): boolean {
    for (const index of this.indexes.values()) {
      if (index.source === source && index.kind === "metadata" && index.state !== "deleteOnly") return true;
    }
    return false;
  }

  private wipe(index: IndexInfo): void {
    const { tx, tenant } = this;
    for (const range of rangesOf(tenant, index)) tx.clearRange(range.begin, range.end);
    tx.clear(metaKeys.build(tenant, index.source, index.name));
    tx.clear(metaKeys.duplicate(tenant, index.source, index.name));
    tx.clear(metaKeys.duplicates(tenant, index.source, index.name));
  }
}

/** Every key range that belongs to an index alone. */
function rangesOf(tenant: Tenant, index: IndexInfo) {
  const keys = sourceKeys(tenant, index.source);
  if (index.kind === "metadata") {
    return index.fields.length === 0 ? [] : [prefixRange(pack([index.fields.join(",")], keys.head))];
  }
  const kind = isTally(index) ? "counter" : index.unique ? "unique" : "index";
  const prefix = keys.named(kind, index.name);
  const own = [prefixRange(prefix)];
  if (index.indexer === undefined) return own;
  return [...own, ...(findIndexer(index.indexer)?.drop?.({ tenant, index, ...keysOfIndex(prefix) }) ?? [])];
}

function idOf(index: Pick<IndexInfo, "source" | "name">): string {
  return JSON.stringify([index.source, index.name]);
}
