/** Answers a request with what a Sync is doing, for operators. */

import { type InspectOptions, inspectionJson, type Sync } from "../sync/index.js";

/**
 * Answers with `sync.inspect()` as JSON, for `plinth watch URL`: of queries and feeds, the 100 that have caused most work.
 * The answer names tenants and sources, so serve it where only operators can ask.
 *
 * @example
 * const inspect = inspectHandler(sync);
 * app.get("/inspect", () => inspect()); // Hono
 * @throws InvalidOptionsError, when it is called, for options that do not exist
 */
export function inspectHandler(sync: Sync, options: InspectOptions = { top: 100 }): () => Response {
  return () =>
    new Response(inspectionJson(sync.inspect(options)), {
      headers: { "content-type": "application/json", "cache-control": "no-store" },
    });
}
