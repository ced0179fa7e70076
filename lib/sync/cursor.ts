import { createHash } from "node:crypto";
import { InvalidCursorError } from "../errors.js";
import type { SchemaInfo } from "../schema/index.js";
import type { Tenant } from "../tenant/index.js";
import { type AnyLive, isLive, partsOf } from "./live.js";
import type { Queries, SyncCursor, Version } from "./transition.js";

const FORMAT = 1;

/** What a cursor says about one label. */
export interface CursorLabel {
  readonly query: string;
  readonly schema: string;
  /** The version that the label shows, where that is older than the cursor. */
  readonly at?: Version;
}

export interface CursorContent {
  readonly incarnation: string;
  readonly version: Version;
  readonly labels: ReadonlyMap<string, CursorLabel>;
}

const schemaHashes = new WeakMap<SchemaInfo, string>();

/** Changes with the fields and types of a schema: rows from before can then not be told from rows after. */
function schemaHash(info: SchemaInfo): string {
  let hash = schemaHashes.get(info);
  if (hash === undefined) {
    const fields = info.fields.map((field) => [field.name, field.type.name]);
    hash = createHash("sha256")
      .update(JSON.stringify([info.source, fields]))
      .digest("base64url")
      .slice(0, 12);
    schemaHashes.set(info, hash);
  }
  return hash;
}

function labelOf(live: AnyLive): CursorLabel {
  const { spec } = partsOf(live);
  if (spec.kind === "guard") return { query: live.hash, schema: labelOf(spec.inner).schema };
  if (spec.kind !== "each") return { query: live.hash, schema: schemaHash(spec.info) };
  return { query: live.hash, schema: isLive(spec.ids) ? labelOf(spec.ids).schema : "" };
}

const incarnationOf = (tenant: Tenant): string => Buffer.from(tenant.incarnation).toString("base64url");

export function encodeSyncCursor(
  tenant: Tenant,
  shown: readonly { readonly name: string; readonly live: AnyLive; readonly at: Version | undefined }[],
  version: Version,
): SyncCursor {
  const labels = shown.map(({ name, live, at }) => {
    const { query, schema } = labelOf(live);
    return at === undefined ? [name, query, schema] : [name, query, schema, at.toString(36)];
  });
  const body = JSON.stringify([FORMAT, incarnationOf(tenant), version.toString(36), labels]);
  return Buffer.from(body).toString("base64url") as SyncCursor;
}

/** @throws InvalidCursorError for text that no subscription gave */
export function decodeSyncCursor(text: string): CursorContent {
  try {
    const [format, incarnation, version, labels] = JSON.parse(Buffer.from(text, "base64url").toString());
    if (format !== FORMAT || typeof incarnation !== "string" || !/^[0-9a-z]{1,13}$/.test(version)) throw text;
    return {
      incarnation,
      version: parseVersion(version),
      labels: new Map(
        (labels as [string, string, string, string?][]).map(([name, query, schema, at]) => [
          name,
          at === undefined ? { query, schema } : { query, schema, at: parseVersion(at) },
        ]),
      ),
    };
  } catch {
    throw new InvalidCursorError(
      "The text given as `resume` is no cursor of a subscription. Pass on `cursor` of the last transition unchanged, " +
        "or leave it out to start with a snapshot.",
    );
  }
}

function parseVersion(text: string): Version {
  let version = 0n;
  for (const digit of text) version = version * 36n + BigInt(Number.parseInt(digit, 36));
  return version;
}

/** Whether a cursor can be resumed with these queries; else what the first snapshot says instead. */
export function checkCursor(
  cursor: CursorContent,
  tenant: Tenant,
  queries: Queries,
): "ok" | "cursor-expired" | "schema-changed" | "params-changed" {
  if (cursor.incarnation !== incarnationOf(tenant)) return "cursor-expired";
  const names = Object.keys(queries);
  if (names.length !== cursor.labels.size) return "params-changed";
  let schemaChanged = false;
  for (const name of names) {
    const known = cursor.labels.get(name);
    const wanted = labelOf(queries[name]!);
    if (known === undefined || known.query !== wanted.query) return "params-changed";
    if (known.schema !== wanted.schema) schemaChanged = true;
  }
  return schemaChanged ? "schema-changed" : "ok";
}
