/** Reads a tenant and writes it as the lines of an export. */

import { type Engine, readRangeAll, transact } from "../../engine/index.js";
import type { RawRow } from "../../layer/index.js";
import { decodeMap, encodeIndexInfo, metaKeys, readIndexes, toStored } from "../../layer/index.js";
import { applicationRanges, space, type Tenant } from "../../tenant/index.js";
import { pack, unpack } from "../../tuple/index.js";
import { fieldToJson } from "./field-json.js";
import { FORMAT, FORMAT_VERSION, type HeaderLine, type RowLine } from "./format.js";
import { keyItemToJson } from "./key-json.js";
import { keyPages, rowPages } from "./pages.js";
import { SummedLines } from "./running-sum.js";
import { spaceRange } from "./tenant-ranges.js";
import { type JsonValue, valueToJson } from "./value-json.js";

export interface ExportOptions {
  readonly storageId: string;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** What an export held, in its last line too. */
export interface ExportSummary {
  readonly rows: number;
  readonly keys: number;
  readonly changed: readonly string[];
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/**
 * The lines of a tenant's export, in chunks of text of about one transaction each; memory stays flat however large
 * the tenant is. Every page is consistent in itself; the last line names the logged sources that changed in between.
 *
 * @returns what was exported
 */
export async function* exportTenant(
  engine: Engine,
  tenant: Tenant,
  options: ExportOptions,
): AsyncGenerator<{ readonly text: string; readonly rows: number }, ExportSummary, undefined> {
  const { signal } = options;
  const header = await headerOf(engine, tenant, options);
  const sums = new SummedLines();
  yield { text: sums.line(header), rows: 0 };
  let rows = 0;
  let keys = 0;
  const versions: bigint[] = [];
  const note = (version: bigint): void => {
    if (versions.length < 2) versions.push(version);
    else versions[1] = version;
  };
  for await (const page of rowPages(engine, tenant, spaceRange(tenant, "data"), signal)) {
    note(page.readVersion);
    rows += page.items.length;
    yield { text: page.items.map((row) => sums.line(rowLine(tenant, row))).join(""), rows };
  }
  for (const range of applicationRanges(tenant.prefix)) {
    for await (const page of keyPages(engine, range, signal)) {
      note(page.readVersion);
      keys += page.items.length;
      const lines = page.items.map(([key, value]) => ({
        key: base64(key.subarray(tenant.prefix.length)),
        value: base64(value),
      }));
      yield { text: lines.map((line) => sums.line(line)).join(""), rows };
    }
  }
  const [first = 0n, last = first] = versions;
  const changed = await changedSince(engine, tenant, header, first);
  const end = { rows, keys, firstVersion: String(first), lastVersion: String(last), changed };
  yield { text: sums.last({ end }), rows };
  return { rows, keys, changed };
}

async function headerOf(engine: Engine, tenant: Tenant, options: ExportOptions): Promise<HeaderLine> {
  return transact(engine, async (tx) => {
    const indexes = await readIndexes(tx, tenant, metaKeys.allIndexes(tenant));
    const applied = metaKeys.migrations(tenant);
    const migrations = await readRangeAll(tx, applied.begin, applied.end, { snapshot: true });
    return {
      format: FORMAT,
      version: FORMAT_VERSION,
      source: engine.url,
      storageId: options.storageId,
      tenant: tenant.id,
      exportedAt: new Date(options.now()).toISOString(),
      indexes: indexes.map((index) => ({
        source: index.source,
        name: index.name,
        kind: index.kind,
        fields: index.fields,
        state: index.state,
        registration: base64(encodeIndexInfo(index)),
      })),
      migrations: migrations.map(([key, value]) => ({
        version: Number(unpack(key, tenant.prefix.length)[2]),
        value: base64(value),
      })),
    };
  });
}

function rowLine(tenant: Tenant, { key, body }: RawRow): RowLine {
  const [, source, ...items] = unpack(key, tenant.prefix.length);
  const row: Record<string, JsonValue> = {};
  for (const [field, value] of decodeMap(String(source), body)) {
    Object.defineProperty(row, fieldToJson(field), {
      value: valueToJson(toStored(value)),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return { source: String(source), key: items.map(keyItemToJson), row };
}

/** Logged sources whose newest change is younger than the export's first page. */
async function changedSince(
  engine: Engine,
  tenant: Tenant,
  header: HeaderLine,
  version: bigint,
): Promise<string[]> {
  const logged = new Set(
    header.indexes.filter(({ kind }) => kind === "metadata").map(({ source }) => source),
  );
  return transact(engine, async (tx) => {
    const changed: string[] = [];
    for (const source of logged) {
      const head = await tx.get(pack([space.head, source], tenant.prefix), true);
      if (head !== undefined && head.length >= 8 && Buffer.from(head).readBigUInt64BE(0) > version) {
        changed.push(source);
      }
    }
    return changed;
  });
}
