/** Where migration files are kept. */

import { dirname, relative, resolve } from "node:path";
import { ConfigError } from "../../errors.js";
import type { CliEnvironment } from "./environment.js";
import { loadConfig } from "./load-config.js";
import type { StoreFlags } from "./store-flags.js";

export const DEFAULT_MIGRATIONS = "migrations";

/**
 * The folder for migrations, relative to the working folder.
 *
 * Writing a file needs no code of the application, so a configuration that does not load yet is no obstacle unless
 * it was asked for by `--config`; `note` is told.
 */
export async function migrationsDirOf(
  globals: Pick<StoreFlags, "config">,
  environment: CliEnvironment,
  note: (text: string) => void,
): Promise<string> {
  const config = await loadConfig(globals, environment).catch((error: unknown) => {
    if (globals.config !== undefined || !(error instanceof ConfigError)) throw error;
    note(`Not asked for its migrationsDir: ${error.message}`);
    return undefined;
  });
  const folder = config?.migrationsDir ?? DEFAULT_MIGRATIONS;
  const base = config?.file === undefined ? environment.cwd : dirname(config.file);
  return relative(environment.cwd, resolve(base, folder)) || ".";
}
