/** Says how the relations of a call are loaded in its transaction. */

import type { LayerContext } from "../../layer/index.js";
import type { PreloadFunction, QueryAst } from "../../query/index.js";
import type { Preloading } from "../related/index.js";
import type { RepoState, Session } from "../transaction/index.js";
import { preparedBy } from "./prepared.js";

export interface PreloadingWays {
  readonly snapshot: boolean;
  readonly force?: boolean;
  readonly context?: unknown;
}

export function preloadingIn(
  { core }: RepoState,
  session: Session,
  layer: LayerContext,
  { snapshot, force = false, context }: PreloadingWays,
): Preloading {
  const asking = { operation: "preload", tenant: session.tenant, context };
  return {
    layer,
    snapshot,
    force,
    ...(core.config.prepareQuery === undefined
      ? {}
      : { prepare: (query: QueryAst) => preparedBy(core, query, asking) }),
    call: (load: PreloadFunction, ids) => session.within(async (repo) => load(ids, repo as never)),
  };
}
