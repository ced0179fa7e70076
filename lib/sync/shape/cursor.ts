/** Writes and reads the cursors that subscriptions are resumed from, and checks whether one can be. */

import { InvalidCursorError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import type { SyncCursor, Version } from "../live/index.js";
import { type NodeIdentity, newIdentity, type Step, schemaHash } from "../node/index.js";
import type { Label } from "./label.js";

const FORMAT = 2;

/** What a cursor says about one label. */
export interface CursorLabel {
  readonly query: string;
  /** Hashes of the schemas whose rows it shows, by their sources. */
  readonly schemas: ReadonlyMap<string, string>;
  /** Queries that a function has made for some ids, by path. */
  readonly children: ReadonlyMap<string, string>;
  /** The version that the label shows, where that is older than the cursor. */
  readonly at?: Version;
}

export interface CursorContent {
  readonly incarnation: string;
  readonly version: Version;
  readonly labels: ReadonlyMap<string, CursorLabel>;
}

/** Name, query, schemas, version where it is an older one, children where there are any. */
type Encoded = readonly [
  name: string,
  query: string,
  schemas: readonly (readonly [string, string])[],
  at?: string,
  children?: readonly (readonly [string, string])[],
];

const incarnationOf = (tenant: Tenant): string => Buffer.from(tenant.incarnation).toString("base64url");

function identityOf({ node }: Label, step?: Step): NodeIdentity {
  const identity = newIdentity();
  node.identify(identity, "", step);
  return identity;
}

const schemasOf = ({ schemas }: NodeIdentity) => Array.from(schemas, schemaHash);

function encodeLabel(label: Label, version: Version): Encoded {
  const { name, live, node } = label;
  const identity = identityOf(label);
  const { shownAt } = node;
  const at = shownAt !== undefined && shownAt < version ? shownAt.toString(36) : undefined;
  const base = [name, live.hash, schemasOf(identity)] as const;
  if (identity.children.size > 0) return [...base, at ?? "", [...identity.children]];
  return at === undefined ? base : [...base, at];
}

export function encodeSyncCursor(tenant: Tenant, labels: readonly Label[], version: Version): SyncCursor {
  const encoded = labels.map((label) => encodeLabel(label, version));
  const body = JSON.stringify([FORMAT, incarnationOf(tenant), version.toString(36), encoded]);
  return Buffer.from(body).toString("base64url") as SyncCursor;
}

function decodeLabel([, query, schemas, at, children]: Encoded): CursorLabel {
  const known = { query, schemas: new Map(schemas), children: new Map(children) };
  return at === undefined || at === "" ? known : { ...known, at: parseVersion(at) };
}

/** @throws InvalidCursorError for text that no subscription gave */
export function decodeSyncCursor(text: string): CursorContent {
  try {
    const [format, incarnation, version, labels] = JSON.parse(Buffer.from(text, "base64url").toString());
    if (Number.isInteger(format) && format !== FORMAT) return ofAnotherRelease;
    if (format !== FORMAT || typeof incarnation !== "string" || !/^[0-9a-z]{1,13}$/.test(version)) throw text;
    return {
      incarnation,
      version: parseVersion(version),
      labels: new Map((labels as Encoded[]).map((label) => [label[0], decodeLabel(label)])),
    };
  } catch {
    throw new InvalidCursorError(
      "The text given as `resume` is no cursor of a subscription. Pass on `cursor` of the last transition unchanged, " +
        "or leave it out to start with a snapshot.",
    );
  }
}

/** A cursor whose format this release does not know says nothing to it: it belongs to no incarnation. */
const ofAnotherRelease: CursorContent = { incarnation: "", version: 0n, labels: new Map() };

/** "-1" stands for no single version. */
function parseVersion(text: string): Version {
  if (text === "-1") return -1n;
  let version = 0n;
  for (const digit of text) version = version * 36n + BigInt(Number.parseInt(digit, 36));
  return version;
}

const differs = (before: ReadonlyMap<string, string>, now: Iterable<readonly [string, string]>): boolean => {
  for (const [key, value] of now) if ((before.get(key) ?? value) !== value) return true;
  return false;
};

/** Whether a cursor can be resumed with these labels, as the step shows them; else what the first snapshot says. */
export function checkCursor(
  cursor: CursorContent,
  step: Step,
  labels: readonly Label[],
): "ok" | "cursor-expired" | "schema-changed" | "params-changed" {
  if (cursor.incarnation !== incarnationOf(step.reader.tenant)) return "cursor-expired";
  if (labels.length !== cursor.labels.size) return "params-changed";
  let schemaChanged = false;
  for (const label of labels) {
    const known = cursor.labels.get(label.name);
    if (known === undefined || known.query !== label.live.hash) return "params-changed";
    const identity = identityOf(label, step);
    if (differs(known.schemas, schemasOf(identity))) schemaChanged = true;
    else if (differs(known.children, identity.children)) return "params-changed";
  }
  return schemaChanged ? "schema-changed" : "ok";
}
