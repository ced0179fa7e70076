/** Makes the cursors that subscriptions are resumed from, and checks whether one can be. */

import { createHash } from "node:crypto";
import type { Tenant } from "../../tenant/index.js";
import {
  type CursorContent,
  type CursorKeys,
  decodeContent,
  encodeContent,
  openCursor,
  sealCursor,
  shownOf,
} from "../cursor/index.js";
import { partsOf, type SnapshotReason, type SyncCursor, type Version } from "../live/index.js";
import { addMade, type Made, newIdentity, nothingMade, schemaHash } from "../node/index.js";
import type { Label } from "./label.js";

/** What follows from the queries of some labels alone, whatever they show. */
export interface LabelDigests {
  readonly queries: Uint8Array;
  readonly rights: Uint8Array;
  readonly schemas: Uint8Array;
}

const digest = (bytes: number, ...parts: readonly (string | Uint8Array)[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest().subarray(0, bytes);
};

const byName = (labels: readonly Label[]): readonly Label[] =>
  labels.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

export function labelDigests(labels: readonly Label[]): LabelDigests {
  const ordered = byName(labels);
  const json = (of: (label: Label) => unknown) =>
    JSON.stringify(ordered.map((label) => [label.name, of(label)]));
  return {
    queries: digest(
      8,
      json(({ live }) => live.hash),
    ),
    rights: digest(
      6,
      json(({ live }) => {
        const { spec } = partsOf(live);
        return spec.kind === "guard" ? spec.rightsHash : null;
      }),
    ),
    schemas: digest(
      6,
      json(({ node }) => {
        const identity = newIdentity();
        node.identify(identity);
        return Array.from(identity.schemas, schemaHash).sort();
      }),
    ),
  };
}

const lifeOf = (tenant: Tenant): Uint8Array => digest(6, tenant.incarnation);

function madeBy(labels: readonly Label[]): Made {
  let made = nothingMade;
  for (const { node } of labels) {
    const identity = newIdentity();
    node.identify(identity);
    made = addMade(made, identity.made);
  }
  return made;
}

/** @param digests those of the labels */
export function encodeSyncCursor(
  keys: CursorKeys,
  tenant: Tenant,
  labels: readonly Label[],
  digests: LabelDigests,
  version: Version,
): SyncCursor {
  const made = madeBy(labels);
  const content = encodeContent({
    version,
    life: lifeOf(tenant),
    ...digests,
    made: made.queries,
    madeSchemas: made.schemas,
    shownAt: byName(labels).map(({ node }) => node.shownAt),
    commit: tenant.lives?.nameAt(version) ?? "",
  });
  return sealCursor(keys.signing, tenant.id, content) as SyncCursor;
}

/** A cursor that this store has given for this tenant; of one in the format of another release, no content is known. */
export interface OpenedCursor {
  readonly text: string;
  readonly content: CursorContent | undefined;
}

/** @throws InvalidCursorError for text that no subscription of this store and tenant gave */
export async function openSyncCursor(keys: CursorKeys, tenant: Tenant, text: string): Promise<OpenedCursor> {
  const content = await openCursor((id) => keys.find(id), tenant.id, text);
  return { text, content: content && decodeContent(content) };
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Why a cursor cannot be resumed with labels of these digests, which show a version; undefined when it can be. */
export function whyNotResumed(
  { content }: OpenedCursor,
  tenant: Tenant,
  { queries, rights, schemas }: LabelDigests,
  version: Version,
): SnapshotReason | undefined {
  if (content === undefined || !equal(content.life, lifeOf(tenant))) return "cursor-expired";
  if (!equal(content.queries, queries)) return "params-changed";
  if (!equal(content.rights, rights)) return "rights-changed";
  if (!equal(content.schemas, schemas)) return "schema-changed";
  // A version that this store has not reached, or came by in a life that it lost, is nothing that it could go on from.
  const lost = content.version > version || tenant.lives?.knows(content.commit) === false;
  return lost ? "cursor-expired" : undefined;
}

/** Why the functions of the labels make other queries than before. */
export function whyMadeOtherwise(content: CursorContent, made: Made): SnapshotReason | undefined {
  if (content.madeSchemas !== made.schemas) return "schema-changed";
  return content.made === made.queries ? undefined : "params-changed";
}

/** The labels with the version that each of them showed at the cursor, where that is older than the cursor's. */
export const shownVersions = (
  content: CursorContent,
  labels: readonly Label[],
): readonly (Version | undefined)[] => {
  const places = new Map(byName(labels).map((label, place) => [label, place]));
  return labels.map((label) => shownOf(content, places.get(label)!));
};
