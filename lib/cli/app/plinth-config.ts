/** What `plinth.config.js` may hold. */

import { Repo } from "../../repo/index.js";
import type { SchemaClass } from "../../schema/index.js";

/**
 * What `plinth.config.js` exports as its default.
 *
 * @example
 * export default {
 *   repo: () => new Repo({ url: "embedded:./data", storageId: "my-app", migrations: [[1, Catalog]] }),
 *   schemas: [Product, Review],
 * };
 */
export interface PlinthConfig {
  /** The Repo that the verbs work on, or a function that makes it when one does. */
  readonly repo: Repo | (() => Repo | Promise<Repo>);
  /** The schemas that verbs may name, and that `shell` has in scope. Default: none. */
  readonly schemas?: readonly SchemaClass[];
  /** As `schemas`; one or a list. Default: none. */
  readonly schema?: SchemaClass | readonly SchemaClass[];
  /** Where `gen migration` writes; default `migrations`, relative to the configuration. */
  readonly migrationsDir?: string;
  /** As `migrationsDir`, with the same default. */
  readonly migrationDir?: string;
}

/** A configuration and where it was found. */
export interface LoadedConfig extends PlinthConfig {
  readonly file?: string;
}
