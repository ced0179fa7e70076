/** Finds a schema of the configuration by the name that a command line gives. */

import { UsageError } from "../../errors.js";
import { type SchemaInfo, suggest } from "../../schema/index.js";
import type { App } from "./app.js";

/** A schema of the configuration, by its source or the name of its class; `undefined` when there is none. */
export function findSchema(app: App, name: string): SchemaInfo | undefined {
  return app.schemas.get(name) ?? [...app.schemas.values()].find((info) => info.name === name);
}

/** As {@link findSchema}. Throws `UsageError` with near misses. */
export function requireSchema(app: App, name: string): SchemaInfo {
  const info = findSchema(app, name);
  if (info !== undefined) return info;
  const names = [...app.schemas.values()].flatMap((one) => [one.source, one.name]);
  throw new UsageError(
    `The configuration lists no schema "${name}".${suggest(name, names)}` +
      (names.length === 0 ? " Name them there: schemas: [Product, Review]." : ""),
  );
}
