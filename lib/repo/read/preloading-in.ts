/** Says how the relations of a call are loaded in its transaction. */

import type { PreloadFunction } from "../../query/index.js";
import type { Preloading } from "../related/index.js";
import type { Session } from "../transaction/index.js";

export const preloadingIn = (
  session: Session,
  { snapshot, force = false }: { readonly snapshot: boolean; readonly force?: boolean },
): Preloading => ({
  layer: session.layer,
  snapshot,
  force,
  call: (load: PreloadFunction, ids) => session.within(async (repo) => load(ids, repo as never)),
});
