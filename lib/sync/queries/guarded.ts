/** Makes a live query that shows only the rows of another that somebody may see. */

import { type Allow, type AnyLive, makeLive, partsOf } from "../live/index.js";
import { digest, objectId } from "./query-hash.js";

/** @param rights the live query that the rights depend on */
export function guarded(inner: AnyLive, label: string, allow: Allow, rights: AnyLive | undefined): AnyLive {
  const { spec, identity } = partsOf(inner);
  // Numbers have no rows to judge.
  if (spec.kind === "count" || spec.kind === "signal") return inner;
  const rightsParts = rights === undefined ? undefined : partsOf(rights);
  const hash = digest("guard", inner.hash, rights?.hash ?? null);
  const shared = digest("guard", identity, rightsParts?.identity ?? null, objectId(allow), label);
  return makeLive(inner.kind, hash, shared, { kind: "guard", inner, rights, allow, label });
}
