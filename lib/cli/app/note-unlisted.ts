/** Mentions migration files that the Repo does not list: written, and then forgotten in the list. */

import { dirname, relative, resolve } from "node:path";
import { migrationFiles } from "../../migration/index.js";
import type { Output } from "../output/index.js";
import type { App } from "./app.js";
import type { CliEnvironment } from "./environment.js";
import { DEFAULT_MIGRATIONS } from "./migrations-dir.js";

export async function noteUnlisted(app: App, environment: CliEnvironment, out: Output): Promise<void> {
  const { config, repo } = app;
  if (config?.file === undefined) return;
  const folder = resolve(dirname(config.file), config.migrationsDir ?? DEFAULT_MIGRATIONS);
  const listed = new Set((repo.config.migrations ?? []).map(([version]) => version));
  for (const [version, file] of await migrationFiles(folder)) {
    if (listed.has(version)) continue;
    out.note(
      `${relative(environment.cwd, file)} is not applied: the repo's migrations do not list version ${version}.`,
    );
  }
}
