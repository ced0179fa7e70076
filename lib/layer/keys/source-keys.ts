/** Keys and key prefixes of one source in one tenant, packed once and kept for the tenant handle. */

import { space, type Tenant } from "../../tenant/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import { type Bytes, withByte } from "./bytes.js";
import type { KeyRange } from "./key-range.js";

export class SourceKeys {
  /** Every record key of the source starts with this. */
  readonly data: Bytes;
  readonly log: Bytes;
  /** Overwritten with the versionstamp of each commit that changes the source. */
  readonly head: Bytes;
  readonly dataRange: KeyRange;
  readonly logRange: KeyRange;
  private readonly logTemplate: Buffer;
  private readonly prefixes = new Map<string, Bytes>();

  constructor(
    readonly tenant: Tenant,
    readonly source: string,
  ) {
    this.data = pack([space.data, source], tenant.prefix);
    this.log = pack([space.log, source], tenant.prefix);
    this.head = pack([space.head, source], tenant.prefix);
    this.dataRange = { begin: withByte(this.data, 0), end: withByte(this.data, 0xff) };
    this.logRange = { begin: withByte(this.log, 0), end: withByte(this.log, 0xff) };
    this.logTemplate = logTemplate(this.log);
  }

  /** The key of an index, unique index or counter without its values. */
  named(kind: "index" | "unique" | "counter", name: string): Bytes {
    const id = `${kind}:${name}`;
    let prefix = this.prefixes.get(id);
    if (prefix === undefined) {
      prefix = pack([space[kind], this.source, name], this.tenant.prefix);
      this.prefixes.set(id, prefix);
    }
    return prefix;
  }

  /** The operand of `setVersionstampedKey` for a log entry. */
  logKey(op: number): Bytes {
    const key = Buffer.from(this.logTemplate);
    key.writeUInt16BE(op, this.log.length + 11);
    return key;
  }

  /** The head of one value of a `metadata(S, by)` group; `values` as key items, in the group's order. */
  groupHead(fields: readonly string[], values: readonly TupleItem[]): Bytes {
    return pack([fields.join(","), ...values], this.head);
  }
}

function logTemplate(log: Bytes): Buffer {
  const key = Buffer.alloc(log.length + 1 + 12 + 4, 0xff);
  key.set(log);
  key[log.length] = 0x33;
  key.writeUInt16BE(0, log.length + 11);
  key.writeUInt32LE(log.length + 1, log.length + 13);
  return key;
}

const known = new WeakMap<Tenant, Map<string, SourceKeys>>();

/** The keys of a source, made once for a tenant handle. */
export function sourceKeys(tenant: Tenant, source: string): SourceKeys {
  let sources = known.get(tenant);
  if (sources === undefined) {
    sources = new Map();
    known.set(tenant, sources);
  }
  let keys = sources.get(source);
  if (keys === undefined) {
    keys = new SourceKeys(tenant, source);
    sources.set(source, keys);
  }
  return keys;
}
