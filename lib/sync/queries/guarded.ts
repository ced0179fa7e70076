/** Makes a live query that shows only the rows of another that somebody may see. */

import { callUser } from "../call/index.js";
import { type Allow, type AnyLive, makeLive, partsOf } from "../live/index.js";
import { digest, objectId } from "./query-hash.js";

/** What is known of the judge of some rows. */
export interface Rights {
  readonly allow: Allow;
  /** The live query that the rights depend on. */
  readonly watch: AnyLive | undefined;
  /** The values that the function refers to, as text; undefined where nobody has said. */
  readonly captured: string | undefined;
}

export function guarded(inner: AnyLive, label: string, rights: Rights): AnyLive {
  const { spec, identity } = partsOf(inner);
  // Numbers have no rows to judge.
  if (spec.kind === "count" || spec.kind === "sum" || spec.kind === "signal") return inner;
  const { allow, watch, captured } = rights;
  const rightsIdentity = watch === undefined ? null : partsOf(watch).identity;
  const hash = digest("guard", inner.hash);
  const shared = digest("guard", identity, rightsIdentity, objectId(allow), captured ?? null, label);
  return makeLive(inner.kind, hash, shared, {
    kind: "guard",
    inner,
    rights: watch,
    allow: (row, context) => callUser("authorize.row", () => allow(row, context)),
    label,
    stated: watch !== undefined || captured !== undefined,
    rightsHash: digest("rights", String(allow), watch?.hash ?? null, captured ?? null),
  });
}
